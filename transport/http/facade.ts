/** One API family: its routes and what is its own about callers, errors and envelopes. */
import type { Caller } from '../../actors/calls.ts';
import type { ErrorCode, ThenarError } from '../../engine/errors.ts';
import type { Eventually } from '../../engine/eventually.ts';
import type { Exchange } from './exchange.ts';
import type { Answer, Plane, Route } from './route.ts';
import type { JsonSchema } from './schema.ts';

export interface RenderedError {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What routes are about, as the documents group them. */
export interface Subject {
  readonly name: string;
  readonly description: string;
  /** Beginnings of paths, whole segments; the first subject that has one claims the route. */
  readonly paths: readonly string[];
}

/** A request and reply as a source document shows them. */
export interface Example {
  readonly request?: unknown;
  /** With its envelope. */
  readonly reply?: unknown;
}

/** What a family says of one code: to clients that read numbers, and to people. */
export interface CatalogueEntry {
  readonly number: number;
  readonly meaning: string;
}

export interface Facade {
  readonly name: string;
  /** Before every path; empty for the root. Unknown paths are answered by the facade with the longest match. */
  readonly basePath: string;
  /** Beginnings of paths, whole segments, whose unknown rest this family answers though it has no base path. */
  readonly claims?: readonly string[];
  readonly title: string;
  readonly routes: readonly Route[];
  readonly subjects: readonly Subject[];
  /** By operation; where there is none, one is made from the schema. */
  readonly examples?: Readonly<Record<string, Example>>;
  /** Who calls. @throws ThenarError unauthenticated, invalid_token, … when nobody the route could take does. */
  authenticate(exchange: Exchange, route: Route): Eventually<Caller>;
  /** Total over the closed union of codes. `route` is null when none matched. */
  renderError(error: ThenarError, route: Route | null, plane: Plane): RenderedError;
  /** The JSON that an answer becomes, and its schema. */
  renderReply(answer: Answer<unknown>, route: Route): unknown;
  replySchema(route: Route, data: JsonSchema): JsonSchema;
  /** What a client finds in such a JSON: `renderReply` backwards. */
  readReply(json: unknown, route: Route): Answer<unknown>;
  /** Schema of every error, for OpenAPI. */
  readonly errorSchema: JsonSchema;
  /** The family's numbers for codes, where its clients get numbers. */
  readonly catalogue?: Readonly<Record<ErrorCode, CatalogueEntry>>;
}

/** Names a family, keeping the types of its routes; start-up checks the whole set in `router.ts`. */
export function facade<F extends Facade>(family: F): F {
  return family;
}
