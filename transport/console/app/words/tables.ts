/** All tables of words, by what they are about. A new one is a row here. */
import { challenges } from './challenges.ts';
import { dashboard } from './dashboard.ts';
import { devices } from './devices.ts';
import { general } from './general.ts';
import { refusals } from './refusals.ts';
import { users } from './users.ts';

export const tables = { general, refusals, dashboard, users, devices, challenges } as const;
