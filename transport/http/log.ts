/** The engine's log port, under the name the listeners know it by. */
export type { Log } from '../../engine/ports.ts';
