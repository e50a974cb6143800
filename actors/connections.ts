import type { Changes } from './changes.ts';

export interface Connection {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly since: number;
}

/** Scanners connected to this node, by device. Whoever looks on is told of each that comes and goes. */
export class Connections extends Map<string, Connection> {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    super();
    this.#changes = changes;
  }

  override set(deviceId: string, connection: Connection): this {
    super.set(deviceId, connection);
    this.#changes.tell(connection.tenantId, 'device', deviceId, 'online');
    return this;
  }

  override delete(deviceId: string): boolean {
    const connection = this.get(deviceId);
    if (connection === undefined) return false;
    super.delete(deviceId);
    this.#changes.tell(connection.tenantId, 'device', deviceId, 'offline');
    return true;
  }
}
