/**
 * A bounded map that forgets what was longest unused. It grows with what it holds: caches that reserve their whole
 * bound took a tenth of the engine's start. Two generations keep every operation cheap: what is used moves to the
 * young one; when that holds half of the bound it becomes the old one, and what nobody used since goes.
 */
export class RecentMap<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  readonly #generation: number;

  /** @param max entries; what is among the last `max / 2` used is never forgotten */
  constructor(max: number) {
    this.#generation = Math.max(1, Math.ceil(max / 2));
  }

  /** Counts as a use. */
  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    this.#old.delete(key);
    if (this.#young.size >= this.#generation && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
