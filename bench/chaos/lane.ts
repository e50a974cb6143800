/** One desk at work: people come, enrol, verify, consent, and are erased; scanners, clients and keys come and go. */
import { deeds, type Round } from './deeds.ts';
import type { Desk } from './desk.ts';
import type { Person } from './person.ts';
import { type Step, stepOf } from './plan.ts';

export class Lane {
  readonly desk: Desk;
  readonly #seed: number;
  #steps = 0;
  /** Whom something is being done to. */
  #current: Person | null = null;
  /** Whom somebody is looking at, so that nothing may be done to them before that is over. */
  readonly #held = new Map<Person, Promise<void>>();

  constructor(desk: Desk, seed: number) {
    this.desk = desk;
    this.#seed = seed;
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Works until the signal; what was begun is ended first. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new Promise<'ended'>((resolve) => {
      signal.addEventListener('abort', () => resolve('ended'), { once: true });
    });
    while (!signal.aborted) {
      const step = stepOf(this.#seed, this.desk.number, this.#steps);
      await this.#take(step, ended);
      this.#current = null;
      this.#steps += 1;
    }
  }

  isBusyWith(person: Person): boolean {
    return person === this.#current;
  }

  /**
   * Keeps the lane from a person until the work is over.
   * @returns false without doing it when something is being done to this person right now
   */
  async holding(person: Person, work: () => Promise<void>): Promise<boolean> {
    if (person === this.#current) return false;
    let release = (): void => {};
    this.#held.set(person, new Promise((resolve) => (release = resolve)));
    try {
      await work();
    } finally {
      this.#held.delete(person);
      release();
    }
    return true;
  }

  async #take(step: Step, ended: Round['ended']): Promise<void> {
    const deed = deeds[step.deed];
    const candidates = this.desk.people.filter((person) => !person.deleted && (deed.to?.(person) ?? false));
    const person = candidates[Math.floor(step.who * candidates.length)] ?? null;
    if (person !== null) {
      this.#current = person;
      while (this.#held.has(person)) await this.#held.get(person);
    }
    const takes = (newcomer: Person): void => {
      this.#current = newcomer;
    };
    await deed.run(this.desk, person, step, { ended, takes });
  }
}
