/** Requests whose bytes are signed, or show a face: no example of a schema will do for them. */
import type { Route } from '../../../transport/http/route.ts';
import { faceBody, faceOf } from '../../support/faces.ts';
import { signedCallback } from '../../support/fake-nafath.ts';
import { Holder, Phone } from '../../support/phone.ts';
import { nextPerson, type Request, registered, type Side } from './world.ts';

type Signed = Pick<Request, 'headers' | 'body'>;

/** Somebody with a face, and what a body takes to show it. */
async function withFace(side: Side): Promise<{ readonly holder: Holder; readonly face: () => object }> {
  const holder = new Holder(side.node.urls.publicUrl, await registered(side));
  const person = nextPerson();
  const face = (): object => faceBody(faceOf(person));
  await holder.must('POST', '/auth/face/register', face());
  return { holder, face };
}

const signers: Readonly<Record<string, (side: Side) => Promise<Signed>>> = {
  async receiveKycCallback({ node, tenant }) {
    const user = await tenant.user();
    const begun = await tenant.must('POST', '/v1/kyc/initiate', { user_id: user.user_id });
    return signedCallback(
      { session_id: begun.session_id, status: 'verified' },
      node.clock.now(),
      begun.session_id,
    );
  },
  async registerWalletDevice(side) {
    const holder = new Holder(side.node.urls.publicUrl, await registered(side));
    return { headers: holder.headers, body: await holder.registration(new Phone()) };
  },
  registerFace: async () => ({ body: faceBody(faceOf(nextPerson())) }),
  async recoverKeyShares(side) {
    const { holder, face } = await withFace(side);
    const share = { key_id: 'k', algorithm: 'a', public_key: 'p', threshold: 2, party: 1, ciphertext: 'c' };
    await holder.must('POST', '/v2/keyshare/backup', { keyshares: [share] });
    return { headers: holder.headers, body: face() };
  },
};

/** What goes over the rest of a request; nothing for routes that take JSON by a schema. */
export async function signedFor(route: Route, side: Side): Promise<Signed> {
  return (await signers[route.operation]?.(side)) ?? {};
}
