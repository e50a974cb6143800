/** Products of a tenant with the services that decide for them and tills that are bound to them. */
import tap from 'tap';
import { ProductSimulator } from '../../bench/services/product.ts';
import type { Json, RestReply, TestNode } from './node.ts';
import type { TestScanner, TestTenant } from './tenant.ts';

export interface Shop {
  readonly backend: ProductSimulator;
  readonly service: Json;
  readonly till: TestScanner;
}

export class Shops {
  readonly #node: TestNode;
  readonly #tenant: TestTenant;

  constructor(node: TestNode, tenant: TestTenant) {
    this.#node = node;
    this.#tenant = tenant;
  }

  /** As the administrator of this tenant, or of another. */
  admin(method: string, path: string, body?: unknown, of: TestTenant = this.#tenant): Promise<RestReply> {
    return this.#node.rest(method, path, { headers: of.admin, ...(body === undefined ? {} : { body }) });
  }

  async product(): Promise<ProductSimulator> {
    const started = await ProductSimulator.start({ clock: this.#node.clock });
    tap.teardown(() => started.close());
    return started;
  }

  async open(name: string, more: object = {}): Promise<Shop> {
    const backend = await this.product();
    const body = { product_key: name, base_url: backend.url, ...more };
    const { data: service } = await this.admin('POST', '/v1/linked-services', body);
    backend.secret = service.secret;
    const binding = { device_class: 'pos', bound_product: name, bound_action: 'charge' } as const;
    return { backend, service, till: await this.#tenant.scanner(binding) };
  }

  /** A service as the list shows it. */
  async shown(id: string): Promise<Json> {
    const { data } = await this.admin('GET', '/v1/linked-services');
    return data.find((service: Json) => service.linked_service_id === id);
  }
}
