/** The engine's side of the `push` bench: REST call in, `challenge.present` at the scanner. */
import type { EngineProcess } from '../demo/engine.ts';
import { HttpClient } from '../load/http.ts';
import { type Cast, connectScanner, integratorOf } from '../load/stage.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { syntheticImages } from '../scanner/images.ts';
import type { ChallengeShown } from '../scanner/wire.ts';
import { callBody } from './baseline.ts';

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
export async function ourSide(engine: EngineProcess, cast: Cast): Promise<OurSide> {
  const integrator = integratorOf(cast, engine);
  const scanners: ScannerClient[] = [];
  for (const credentials of cast.scanners) scanners.push(await connectScanner(engine, credentials));
  const [first] = scanners;
  if (first === undefined) throw new Error('the push bench needs a scanner');
  const user = await integrator.link.call('createUser', {
    body: { external_user_id: callBody.external_user_id },
  });
  const images = syntheticImages({ seed: 1 });
  await first.enrol(user.user_id, [images.scan({ identity: 0, hand: 'right', sample: 0 })]);
  const http = new HttpClient(engine.ready.public, await integrator.token());
  let turn = 0;
  return {
    async push() {
      turn = (turn + 1) % scanners.length;
      const scanner = scanners[turn] ?? first;
      const hardware_id = cast.scanners[turn]?.hardwareId ?? '';
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
