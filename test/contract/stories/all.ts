/** One story per kind of caller. The platform administrator comes last: it ends with HTTPS. */
import { integrator } from './integrator.ts';
import { platformAdministrator } from './platform-administrator.ts';
import { pointOfSale } from './point-of-sale.ts';
import type { Story } from './stage.ts';
import { tenantAdministrator } from './tenant-administrator.ts';

export const stories: readonly Story[] = [
  integrator,
  pointOfSale,
  tenantAdministrator,
  platformAdministrator,
];
