/** All tables of words, by what they are about. A new one is a row here. */

import { refusals } from '../../../pages/app/words/refusals.ts';
import { shared } from '../../../pages/app/words/shared.ts';
import { challenges } from './challenges.ts';
import { dashboard } from './dashboard.ts';
import { devices } from './devices.ts';
import { general } from './general.ts';
import { users } from './users.ts';

export const tables = { shared, general, refusals, dashboard, users, devices, challenges } as const;
