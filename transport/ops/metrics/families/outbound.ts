/** What the engine asks and tells others, and what it stands on. */
import { counter, counts, type Family, gauge, histogram, only } from '../family.ts';

export const outbound: readonly Family[] = [
  counter(
    'thenar_webhook_attempts_total',
    'Attempts of webhook deliveries: delivered, to be tried again, gone for good, or failed for the last time.',
    ['outcome'],
    ({ meter }) => counts(meter.webhookAttempts),
  ),
  histogram(
    'thenar_webhook_attempt_duration_seconds',
    'Time of one attempt of a delivery.',
    [],
    ({ meter }) => [[[], meter.webhookSeconds]],
  ),
  counter(
    'thenar_linked_service_answers_total',
    'What linked services answered, or why they were not heard.',
    ['outcome'],
    ({ meter }) => counts(meter.serviceAnswers),
  ),
  gauge(
    'thenar_linked_service_breakers',
    'Linked services by the state of their circuit breaker.',
    ['state'],
    function* ({ survey }) {
      for (const [state, value] of Object.entries(survey.breakers)) yield [[state], value];
    },
  ),
];

/** Every state a series, 1 for the one it is in, so that an alert names the state and not a number. */
const states = { database: ['ok', 'slow', 'down'], snapshots: ['ok', 'down'] } as const;

export const dependencies: readonly Family[] = [
  gauge(
    'thenar_dependency',
    'State of what the engine stands on: 1 for the state it is in.',
    ['name', 'state'],
    function* ({ dependencies }) {
      for (const name of ['database', 'snapshots'] as const)
        for (const state of states[name]) yield [[name, state], dependencies[name] === state ? 1 : 0];
    },
  ),
  gauge(
    'thenar_shards_unsaved',
    'Shards whose file could not be written when it was last tried; they serve from memory.',
    [],
    ({ dependencies }) => only(dependencies.unsavedShards),
  ),
  gauge(
    'thenar_clock_behind_seconds',
    'How far the clock of the machine is behind what it said before.',
    [],
    ({ dependencies }) => only(dependencies.clockBehindMs / 1000),
  ),
];
