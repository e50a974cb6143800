/** Every family of metrics there is. The registry, the documentation, the dashboard and the alerts are held to it. */
import { actors } from './families/actors.ts';
import { matching } from './families/matching.ts';
import { dependencies, outbound } from './families/outbound.ts';
import { process } from './families/process.ts';
import { calls, decisions, scanners } from './families/traffic.ts';
import type { Family } from './family.ts';

export const families: readonly Family[] = [
  ...calls,
  ...scanners,
  ...decisions,
  ...actors,
  ...matching,
  ...outbound,
  ...dependencies,
  ...process,
];
