/** All tables of words, by what they are about. A new one is a row here. */

import { refusals } from '../../../pages/app/words/refusals.ts';
import { shared } from '../../../pages/app/words/shared.ts';
import { administration } from './administration.ts';
import { challenges } from './challenges.ts';
import { connections } from './connections.ts';
import { dashboard } from './dashboard.ts';
import { devices } from './devices.ts';
import { general } from './general.ts';
import { palm } from './palm.ts';
import { settings } from './settings.ts';
import { tls } from './tls.ts';
import { users } from './users.ts';

export const tables = {
  shared,
  general,
  refusals,
  dashboard,
  users,
  devices,
  challenges,
  connections,
  administration,
  settings,
  palm,
  tls,
} as const;
