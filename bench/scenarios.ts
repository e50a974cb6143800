/** The table of scenarios, in the order in which `all` runs them. */

import { accuracy } from './accuracy/scenario.ts';
import { actors } from './actors/scenario.ts';
import { chaos, chaosServers } from './chaos/scenario.ts';
import { connect } from './connect/scenario.ts';
import { enrol } from './enrol/scenario.ts';
import { fuzz } from './fuzz/scenario.ts';
import type { Scenario } from './harness/scenario.ts';
import { identify } from './identify/scenario.ts';
import { match } from './match/scenario.ts';
import { overload } from './overload/scenario.ts';
import { push } from './push/scenario.ts';
import { recover } from './recover/scenario.ts';
import { rest } from './rest/scenario.ts';
import { revoke } from './revoke/scenario.ts';
import { soak } from './soak/scenario.ts';
import { stats } from './stats/scenario.ts';
import { storm } from './storm/scenario.ts';
import { tenants } from './tenants/scenario.ts';
import { verify } from './verify/scenario.ts';

export const scenarios: readonly Scenario[] = [
  match,
  accuracy,
  identify,
  push,
  verify,
  enrol,
  rest,
  connect,
  storm,
  revoke,
  recover,
  tenants,
  overload,
  soak,
  chaos,
  chaosServers,
  fuzz,
  stats,
  actors,
];
