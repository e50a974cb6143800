/** The Link family (documents 000 and 003) as one table. */
import { facade } from '../../http/facade.ts';
import { authenticate } from './authenticate.ts';
import { readReply, renderReply, replySchema } from './envelope.ts';
import { errorSchema, renderError } from './errors.ts';
import { examples } from './examples.ts';
import { accountRoutes } from './routes/accounts.ts';
import { auditRoutes } from './routes/audit.ts';
import { authRoutes } from './routes/auth.ts';
import { challengeRoutes } from './routes/challenges.ts';
import { consentRoutes } from './routes/consent.ts';
import { consoleRoutes } from './routes/console.ts';
import { consoleUserRoutes, platformAdministratorRoutes, smsConfigRoutes } from './routes/console-users.ts';
import { deviceStandingRoutes } from './routes/device-standing.ts';
import { deviceRoutes } from './routes/devices.ts';
import { identityProviderRoutes } from './routes/identity-provider.ts';
import { clientRoutes } from './routes/integration.ts';
import { kycRoutes } from './routes/kyc.ts';
import { linkedServiceRoutes } from './routes/linked-services.ts';
import { palmAdminRoutes } from './routes/palm-admin.ts';
import { palmModelRoutes } from './routes/palm-model.ts';
import { peopleRoutes } from './routes/people.ts';
import { scannerRoutes } from './routes/scanner.ts';
import { statisticsRoutes } from './routes/statistics.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { tlsRoutes } from './routes/tls.ts';
import { userRoutes } from './routes/users.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { subjects } from './subjects.ts';

export const link = facade({
  name: 'link',
  title: 'Link: palm identity platform',
  basePath: '',
  routes: [
    ...authRoutes,
    ...accountRoutes,
    ...userRoutes,
    ...peopleRoutes,
    ...consentRoutes,
    ...deviceRoutes,
    ...deviceStandingRoutes,
    ...challengeRoutes,
    ...scannerRoutes,
    ...webhookRoutes,
    ...kycRoutes,
    ...linkedServiceRoutes,
    ...clientRoutes,
    ...consoleRoutes,
    ...consoleUserRoutes,
    ...platformAdministratorRoutes,
    ...smsConfigRoutes,
    ...identityProviderRoutes,
    ...tenantRoutes,
    ...auditRoutes,
    ...statisticsRoutes,
    ...palmAdminRoutes,
    ...palmModelRoutes,
    ...tlsRoutes,
  ],
  subjects,
  examples,
  authenticate,
  renderError,
  renderReply,
  replySchema,
  readReply,
  errorSchema: errorSchema.json,
});
