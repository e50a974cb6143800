/** jose signing the claims of an access token with RS256, in a process of its own: takes orders one at a time. */
import { generateKeyPair, SignJWT } from 'jose';
import { limits } from '../../engine/limits.ts';
import { servePeer } from '../harness/peer.ts';

export interface Signing {
  readonly milliseconds: number;
  /** Signatures under way at once. */
  readonly atOnce: number;
}

servePeer(async ({ claims }: { claims: Record<string, unknown> }) => {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: limits.signing_key_rsa_bits });
  async function sign({ milliseconds, atOnce }: Signing): Promise<number> {
    const from = performance.now();
    let done = 0;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (performance.now() < from + milliseconds) {
          await new SignJWT({ ...claims })
            .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ: 'at+jwt' })
            .setIssuedAt()
            .setExpirationTime('1h')
            .sign(privateKey);
          done += 1;
        }
      }),
    );
    return (done * 1000) / (performance.now() - from);
  }
  process.on('message', (order) => {
    sign(order as Signing).then((perSecond) => process.send?.({ perSecond }));
  });
  return { ready: true };
});
