/** Requests whose bytes are signed: no example of a schema will do for them. */
import type { Route } from '../../../transport/http/route.ts';
import { signedCallback } from '../../support/fake-nafath.ts';
import type { Request, Side } from './world.ts';

type Signed = Pick<Request, 'headers' | 'body'>;

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
};

/** What goes over the rest of a request; nothing for routes that take JSON by a schema. */
export async function signedFor(route: Route, side: Side): Promise<Signed> {
  return (await signers[route.operation]?.(side)) ?? {};
}
