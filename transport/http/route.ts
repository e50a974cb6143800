/** A route as data: what it is called, who may call it, what it takes and gives, and a few lines of mapping. */
import type { EngineApi } from '../../actors/api.ts';
import type {
  AnonymousCaller,
  Call,
  Caller,
  ConsoleCaller,
  DeviceCall,
  DeviceCaller,
  Scope,
  SubjectCall,
  TenantCall,
  UserCall,
  UserCaller,
  WalletCaller,
  WalletScope,
} from '../../actors/calls.ts';
import type { ErrorCode } from '../../engine/errors.ts';
import type { Eventually } from '../../engine/eventually.ts';
import type { ConsoleRole } from '../../engine/records.ts';
import type { HttpRequest, Sink } from './message.ts';
import type { Schema } from './schema.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Which listener serves it. */
export type Plane = 'public' | 'device' | 'ops';

/**
 * Who may call:
 * public – anybody; client_or_session – an OAuth client with the scope, or a console session with a role;
 * session – a console session acting on a tenant; platform – a platform administrator; self – any console session;
 * user – an end user who signed in through a client; wallet – a registered user by a token of the tenant's identity
 * provider; subject – the same, registered or not; device – a device by its certificate; operator – whoever may reach
 * the ops listener.
 */
export type Auth =
  | 'public'
  | 'client_or_session'
  | 'session'
  | 'platform'
  | 'self'
  | 'user'
  | 'wallet'
  | 'subject'
  | 'device'
  | 'operator';

export interface CallOf {
  readonly public: Call;
  readonly client_or_session: TenantCall;
  readonly session: TenantCall;
  readonly platform: Call;
  readonly self: Call;
  readonly user: UserCall;
  readonly wallet: UserCall;
  readonly subject: SubjectCall;
  readonly device: DeviceCall;
  readonly operator: Call;
}
export interface CallerOf {
  readonly public: AnonymousCaller;
  readonly client_or_session: Caller;
  readonly session: ConsoleCaller;
  readonly platform: ConsoleCaller;
  readonly self: ConsoleCaller;
  readonly user: UserCaller;
  readonly wallet: WalletCaller;
  readonly subject: WalletCaller;
  readonly device: DeviceCaller;
  readonly operator: AnonymousCaller;
}

export interface Input<A extends Auth, B, Q> {
  readonly api: EngineApi;
  readonly call: CallOf[A];
  readonly caller: CallerOf[A];
  /** Decoded path parameters; those with a `params` code are UUIDs. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  readonly request: HttpRequest;
}

export interface Pagination {
  readonly page: number;
  readonly page_size: number;
  readonly total: number;
}

export interface Answer<R> {
  readonly data: R;
  readonly message?: string;
  readonly pagination?: Pagination;
  /** Instead of the route's status. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: (sink: Sink) => void;
  /** `data` is the same object until something of it changes, so that its text may be kept with it. */
  readonly lasting?: true;
}

/** A reply that is not JSON: `data` is sent as it is. */
export interface Media<T extends string | Uint8Array> {
  readonly media: string;
  /** Characters, not bytes. */
  readonly text: boolean;
  readonly type?: T;
}
export function textMedia(media: string): Media<string> {
  return { media, text: true };
}
export function binaryMedia(media: string): Media<Uint8Array> {
  return { media, text: false };
}

/** A body that is not JSON: `handle` gets its bytes as they came. */
export interface Bytes<T> {
  readonly media: string;
  /** Carries the type only; never set. */
  readonly type?: T;
}
export function bytesOf(media: string): Bytes<Uint8Array> {
  return { media };
}

export interface RouteSpec<A extends Auth, B, Q, R> {
  readonly method: Method;
  /** `/v1/users/{id}`, below the facade's base path. */
  readonly path: string;
  /** Unique name in camel case: OpenAPI's operationId, and the route's name in logs and metrics. */
  readonly operation: string;
  readonly summary: string;
  readonly auth: A;
  /** Default: `device` and `ops` for those kinds of caller, else `public`. */
  readonly plane?: Plane;
  /** What an OAuth client, or the token of a wallet, needs. */
  readonly scope?: Scope | WalletScope;
  /** Console roles that may call; a platform administrator always may. */
  readonly roles?: readonly ConsoleRole[];
  /** Status of success; default 200. */
  readonly status?: number;
  readonly body?: Schema<B>;
  /** Instead of `body`. */
  readonly bytes?: Bytes<B>;
  readonly query?: Schema<Q>;
  /** Path parameters that are UUIDs, and what to answer when one is not: it can name nothing of ours. */
  readonly params?: Readonly<Record<string, ErrorCode>>;
  /** Path parameters that are words, in order: the name of a provider, a type. The route reads them itself. */
  readonly words?: readonly string[];
  readonly reply: Schema<R> | Media<string | Uint8Array>;
  /** What the engine may refuse beside what the pipeline does: published with the route. */
  readonly errors?: readonly ErrorCode[];
  /** How the facade wraps the reply; its own default when absent. */
  readonly envelope?: 'data' | 'list' | 'top' | 'bare';
  /** An empty body, or none, stands for one without fields. */
  readonly bodyOptional?: boolean;
  /** Status of a body that breaks its schema, where a document departs from 422. */
  readonly invalidStatus?: number;
  /** Default `limits.body_bytes_max`. */
  readonly bodyBytesMax?: number;
  /** Also takes `application/x-www-form-urlencoded`. */
  readonly forms?: boolean;
  /** Also takes `multipart/form-data`: parts are fields of the body, those named here bytes, in base64. */
  readonly multipart?: { readonly files: readonly string[] };
  handle(input: Input<A, B, Q>): Eventually<Answer<R>>;
}

/** A route whose types are erased, as tables and the pipeline hold it. */
export interface Route extends RouteSpec<Auth, unknown, unknown, unknown> {
  readonly plane: Plane;
  readonly status: number;
}

/** What a caller of a route must know of its types. */
export interface Signature {
  readonly operation: string;
  readonly path: string;
  readonly body: unknown;
  readonly query: unknown;
  readonly reply: unknown;
}

/** A route that also says its types to whoever looks at the table, such as the typed client. */
export interface TypedRoute<S extends Signature> extends Route {
  readonly operation: S['operation'];
  /** Carries the types only; never set. */
  readonly signature?: S;
}

/** Checks the mapping against the schemas; the pipeline forgets the types, the table keeps them. */
export function route<
  const O extends string,
  const P extends string,
  A extends Auth,
  B = undefined,
  Q = undefined,
  R = unknown,
>(
  spec: RouteSpec<A, B, Q, R> & { readonly operation: O; readonly path: P },
): TypedRoute<{ operation: O; path: P; body: B; query: Q; reply: R }> {
  const erased = spec as unknown as RouteSpec<Auth, unknown, unknown, unknown> & { readonly operation: O };
  return { ...erased, plane: spec.plane ?? planeOf(spec.auth), status: spec.status ?? 200 };
}

function planeOf(auth: Auth): Plane {
  if (auth === 'device') return 'device';
  return auth === 'operator' ? 'ops' : 'public';
}

export function isMedia(reply: Route['reply']): reply is Media<string | Uint8Array> {
  return 'media' in reply;
}
