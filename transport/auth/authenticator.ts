import type { Caller } from '../../actors/calls.ts';
import type { Eventually } from '../../engine/eventually.ts';
import type { Exchange } from '../http/exchange.ts';

/** Null when the request brings no credentials of this kind. @throws ThenarError when it brings wrong ones */
export type Authenticator = (exchange: Exchange) => Eventually<Caller | null>;
