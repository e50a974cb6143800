import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { walletCaller } from '../wallet/authenticate.ts';
import { deviceChallenges } from '../wallet/challenge/issue.ts';
import { registerUser } from '../wallet/register.ts';
import { registerDevice } from '../wallet/register-device.ts';

/** Wallets: who calls, their users and their phones. */
export function walletCommands(context: Context): EngineApi['wallet'] {
  const issueChallenge = deviceChallenges(context);
  return {
    authenticateToken: (token) => walletCaller(context, token),
    registerUser: (call, { displayName = null }) => registerUser(context, call, displayName),
    deviceChallenge: issueChallenge,
    registerDevice: (call, input) => registerDevice(context, call, input),
    listDevices: ({ tenantId, userId }, { page, pageSize }) =>
      context.store.page('walletDevices', {
        where: { tenantId, userId },
        order: [['registeredAt', 'desc']],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }),
  };
}
