import { ThenarError } from '../../engine/errors.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { registerFace } from '../faces/register.ts';

export { verifyFace } from '../faces/verify.ts';

/** Faces of wallet users: registered once, shown whenever something of value is asked for. */
export function walletFaceCommands(context: Context): EngineApi['walletFace'] {
  const { clock, faceVendors, store } = context;
  return {
    async register(call, scan) {
      const { registeredAt } = await registerFace(context, call, scan);
      if (registeredAt === null) throw new ThenarError('internal', 'A registered face has no time.');
      return registeredAt;
    },
    async status({ tenantId, userId }) {
      const face = await store.get('faces', { tenantId, userId, status: 'registered' });
      if (face === null) return { registered: false, registeredAt: null, lockedUntil: null };
      const locked = face.lockedUntil !== null && face.lockedUntil > clock.now();
      return {
        registered: true,
        registeredAt: face.registeredAt,
        lockedUntil: locked ? face.lockedUntil : null,
      };
    },
    async session({ deadline }, userAgent) {
      const vendor = faceVendors.active;
      return { vendor: vendor.name, sessionToken: await vendor.sessionToken(userAgent, deadline) };
    },
  };
}

/** Whether the user has a face that must be shown. */
export async function hasFace(context: Context, tenantId: string, userId: string): Promise<boolean> {
  return (await context.store.count('faces', { tenantId, userId, status: 'registered' })) > 0;
}
