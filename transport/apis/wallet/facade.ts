/** The Wallet family (document 001) as one table. */
import { facade } from '../../http/facade.ts';
import { authenticate } from './authenticate.ts';
import { readReply, renderReply, replySchema } from './envelope.ts';
import { catalogue, errorSchema, renderError } from './errors.ts';
import { walletDeviceRoutes } from './routes/devices.ts';
import { walletFaceRoutes } from './routes/face.ts';
import { walletKeyRoutes } from './routes/keys.ts';
import { walletTransactionRoutes } from './routes/transactions.ts';
import { walletUserRoutes } from './routes/users.ts';
import { subjects } from './subjects.ts';

export const wallet = facade({
  name: 'wallet',
  title: 'Wallet: device keys, face and key shares',
  basePath: '',
  claims: ['/auth', '/v2', '/transactions'],
  routes: [
    ...walletUserRoutes,
    ...walletDeviceRoutes,
    ...walletFaceRoutes,
    ...walletKeyRoutes,
    ...walletTransactionRoutes,
  ],
  subjects,
  authenticate,
  renderError,
  renderReply,
  replySchema,
  readReply,
  errorSchema: errorSchema.json,
  catalogue,
});
