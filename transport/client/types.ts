/** What a table of routes says about its calls: operation → parameters, query, body and reply. */
import type { Facade } from '../http/facade.ts';
import type { Signature, TypedRoute } from '../http/route.ts';

type SignatureOf<R> = R extends TypedRoute<infer S> ? S : never;
type Signatures<F extends Facade> = SignatureOf<F['routes'][number]>;

/** The operations of a family. */
export type OperationOf<F extends Facade> = Signatures<F>['operation'];
/** One operation of a family. */
export type SignatureIn<F extends Facade, K extends string> = Extract<
  Signatures<F>,
  { readonly operation: K }
>;

/** Names in braces: `/v1/users/{id}/identities/{type}` → `id | type`. */
type ParameterIn<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterIn<Rest>
  : never;

type ParamsInput<S extends Signature> = [ParameterIn<S['path']>] extends [never]
  ? unknown
  : { readonly params: Readonly<Record<ParameterIn<S['path']>, string>> };
type QueryInput<S extends Signature> = S['query'] extends undefined
  ? unknown
  : { readonly query?: S['query'] };
type BodyInput<S extends Signature> = S['body'] extends undefined ? unknown : { readonly body: S['body'] };

/** What an operation is called with. */
export type InputOf<S extends Signature> = ParamsInput<S> & QueryInput<S> & BodyInput<S>;

/** The arguments after the operation's name: none where there is nothing to say. */
export type Arguments<S extends Signature> =
  Record<string, never> extends InputOf<S> ? [input?: InputOf<S>] : [input: InputOf<S>];
