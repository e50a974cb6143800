import type { SubjectKeys } from '../../engine/ports.ts';

/** Subject keys in memory, with what happened to each. */
export class MemoryKeys implements SubjectKeys {
  readonly keys = new Map<string, Uint8Array>();
  readonly destroyed: string[] = [];

  async ensure(subject: string): Promise<Uint8Array> {
    const known = this.keys.get(subject);
    if (known !== undefined) return known;
    const key = crypto.getRandomValues(new Uint8Array(32));
    this.keys.set(subject, key);
    return key;
  }
  find(subject: string): Uint8Array | null {
    return this.keys.get(subject) ?? null;
  }
  async destroy(subject: string): Promise<void> {
    this.keys.delete(subject);
    this.destroyed.push(subject);
  }
  async close(): Promise<void> {}
}
