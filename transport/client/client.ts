/**
 * A client of a family of routes whose types come from the family's own table: a route that changes there is a
 * compile error here, wherever it is called.
 *
 *     const link = new ApiClient(linkFacade, { baseUrl, credentials: clientCredentials(baseUrl, client) });
 *     const user = await link.call('createUser', { body: { external_user_id: 'emp-1' } });
 */
import type { Facade } from '../http/facade.ts';
import { type Answer, isMedia, type Pagination, type Route } from '../http/route.ts';
import type { Credentials } from './credentials.ts';
import { ApiError } from './error.ts';
import type { Arguments, OperationOf, SignatureIn } from './types.ts';

export interface ClientOptions {
  readonly baseUrl: string;
  /** None for what anybody may call. */
  readonly credentials?: Credentials;
  /** Default: Node's own. A device brings one that shows its certificate, see `device.ts`. */
  readonly fetch?: typeof fetch;
  /** Sent with every request: `x-request-id`, `x-tenant-id`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Replied<R> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: R;
  readonly message?: string;
  readonly pagination?: Pagination;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export class ApiClient<F extends Facade> {
  readonly #facade: F;
  readonly #options: ClientOptions;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(facade: F, options: ClientOptions) {
    this.#facade = facade;
    this.#options = options;
    this.#routes = new Map(facade.routes.map((route) => [route.operation, route]));
  }

  /** @returns the reply's data. @throws ApiError for every status that is no success */
  async call<K extends OperationOf<F>>(
    operation: K,
    ...input: Arguments<SignatureIn<F, K>>
  ): Promise<SignatureIn<F, K>['reply']> {
    return (await this.send(operation, ...input)).data;
  }

  /** As {@link call}, with status, headers, message and pagination. */
  async send<K extends OperationOf<F>>(
    operation: K,
    ...input: Arguments<SignatureIn<F, K>>
  ): Promise<Replied<SignatureIn<F, K>['reply']>> {
    const route = this.#routes.get(operation);
    if (route === undefined) throw new Error(`there is no operation ${operation}`);
    const given = (input[0] ?? {}) as LooseInput;
    const first = await this.#request(route, given);
    const again = first.status === 401 && this.#options.credentials?.refused?.() === true;
    const response = again ? await this.#request(route, given) : first;
    if (!response.ok) {
      throw new ApiError(response, await response.json().catch(() => null), this.#facade.catalogue);
    }
    const { status, headers } = response;
    const answer = await this.#read(response, route);
    return { ...answer, status, headers } as Replied<SignatureIn<F, K>['reply']>;
  }

  /** Every row of a list, page after page. */
  async *all<K extends OperationOf<F>>(
    operation: K,
    ...input: Arguments<SignatureIn<F, K>>
  ): AsyncGenerator<SignatureIn<F, K>['reply'] extends readonly (infer Row)[] ? Row : never> {
    const given = (input[0] ?? {}) as LooseInput;
    let seen = 0;
    for (let page = 1; ; page += 1) {
      const asked = [{ ...given, query: { ...given.query, page } }] as unknown as typeof input;
      const { data, pagination } = await this.send(operation, ...asked);
      const rows = data as never[];
      yield* rows;
      seen += rows.length;
      if (rows.length === 0 || seen >= (pagination?.total ?? 0)) return;
    }
  }

  async #request(route: Route, input: LooseInput): Promise<Response> {
    const { credentials, headers, fetch: send = fetch } = this.#options;
    const body = input.body === undefined ? null : JSON.stringify(input.body);
    return send(this.#target(route, input), {
      method: route.method,
      headers: {
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(await credentials?.headers(send)),
        ...headers,
      },
      body,
    });
  }

  async #read(response: Response, route: Route): Promise<Answer<unknown>> {
    const { reply } = route;
    if (!isMedia(reply)) return this.#facade.readReply(await response.json(), route);
    return { data: reply.text ? await response.text() : new Uint8Array(await response.arrayBuffer()) };
  }

  #target(route: Route, { params = {}, query = {} }: LooseInput): URL {
    const path = route.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
      const value = params[name];
      if (value === undefined) throw new Error(`${route.operation} needs the parameter ${name}`);
      return encodeURIComponent(value);
    });
    const url = new URL(this.#facade.basePath + path, this.#options.baseUrl);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }
}
