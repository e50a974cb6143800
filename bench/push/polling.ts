/** The documents' other way: a device that asks for its challenges every second, and sees one when it next asks. */
import { setTimeout as pause } from 'node:timers/promises';
import { closedLoop } from '../harness/load.ts';
import { HttpClient } from '../load/http.ts';
import { SeededRandom } from '../palms/random.ts';
import { callBody } from './ours.ts';

export interface PollingOptions {
  readonly url: string;
  readonly token: string;
  readonly devices: number;
  readonly intervalMs: number;
  readonly seed: number;
}

/** Milliseconds from the creation of one challenge for each device until the device has it in its hands. */
export async function pollingLatencies(options: PollingOptions): Promise<number[]> {
  const { url, token, devices, intervalMs, seed } = options;
  const random = new SeededRandom(seed, devices);
  const creator = new HttpClient(url, token);
  const created = new Map<number, number>();
  const seen: number[] = [];
  const poll = async (device: number, phaseMs: number): Promise<void> => {
    const http = new HttpClient(url, token);
    await pause(phaseMs);
    for (;;) {
      const { body } = await http.get(`/pending/${device}`);
      const { challenges } = body.data as { readonly challenges: readonly unknown[] };
      if (challenges.length > 0) break;
      await pause(intervalMs);
    }
    seen.push(performance.now() - (created.get(device) ?? Number.NaN));
    http.close();
  };
  const polling = Array.from({ length: devices }, (_, device) => poll(device, random.uniform() * intervalMs));
  // Once all are at their turns.
  await pause(intervalMs);
  await closedLoop({ atOnce: 1, calls: devices }, async (device) => {
    created.set(device, performance.now());
    await creator.post(`/pending/${device}`, callBody);
    return null;
  });
  await Promise.all(polling);
  creator.close();
  return seen;
}
