/** The engine's side of the `push` bench: REST call in, `challenge.present` at the scanner. */
import { type BenchTenant, connected, newTenant, pairScanners, type Target } from '../harness/target.ts';
import { HttpClient } from '../load/http.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { syntheticImages } from '../scanner/images.ts';
import type { ChallengeShown } from '../scanner/wire.ts';

/** The body of the call, the same on both sides. */
export const callBody = {
  external_user_id: 'person-0',
  hardware_id: 'bench-0',
  metadata: { document_id: 'doc-0' },
};

export interface Pushed {
  /** From the REST call's start to the frame parsed at the scanner, ms. */
  readonly frameMs: number;
  /** From the REST call's start to its answer, ms. */
  readonly answerMs: number;
}

export interface OurSide {
  push(): Promise<Pushed>;
  close(): Promise<void>;
}

/** Enrols one person, connects scanners, and pushes challenges to them in turn: one alone would reach its rate limit. */
export async function ourSide(target: Target, scannerCount: number): Promise<OurSide> {
  const tenant: BenchTenant = await newTenant(target, 'Push bench');
  const { integrator } = tenant;
  const credentials = await pairScanners(tenant, scannerCount);
  const scanners: ScannerClient[] = [];
  for (const one of credentials) scanners.push(await connected(target, one));
  const user = await integrator.link.call('createUser', {
    body: { external_user_id: callBody.external_user_id },
  });
  const images = syntheticImages({ seed: 1 });
  await scanners[0]!.enrol(user.user_id, [images.scan({ identity: 0, hand: 'right', sample: 0 })]);
  const http = new HttpClient(target.public, await integrator.token());
  let turn = 0;
  return {
    async push() {
      turn = (turn + 1) % scanners.length;
      const scanner = scanners[turn]!;
      const hardware_id = credentials[turn]!.hardwareId;
      const presented = new Promise<readonly [ChallengeShown, number]>((resolve) =>
        scanner.once('present', (challenge) => resolve([challenge, performance.now()])),
      );
      const from = performance.now();
      const { status, body } = await http.post('/v1/verify', { ...callBody, hardware_id });
      const answered = performance.now();
      if (status !== 201) throw new Error(`the engine answered ${status}: ${JSON.stringify(body)}`);
      const [challenge, at] = await presented;
      // The scanner is done with it before the next one comes, as a scanner is.
      await scanner.reject(challenge.challenge_id, 'bench');
      return { frameMs: at - from, answerMs: answered - from };
    },
    async close() {
      http.close();
      for (const scanner of scanners) await scanner.close();
    },
  };
}
