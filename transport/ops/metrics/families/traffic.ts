/** Requests, scanners, and what people decide with their palms. */
import {
  counter,
  counts,
  distributions,
  durations,
  type Family,
  gauge,
  histogram,
  only,
  outcomes,
} from '../family.ts';
import type { Reading } from '../reading.ts';

type Listener = keyof Reading['meter']['http'];
const listeners: readonly Listener[] = ['public', 'device', 'ops'];

export const calls: readonly Family[] = [
  counter(
    'thenar_http_requests_total',
    'Requests answered, by HTTP status.',
    ['listener', 'operation', 'status'],
    function* ({ meter }) {
      for (const listener of listeners) yield* outcomes(meter.http[listener], listener);
    },
  ),
  histogram(
    'thenar_http_request_duration_seconds',
    'From the first step of a request to its reply.',
    ['listener', 'operation'],
    function* ({ meter }) {
      for (const listener of listeners) yield* durations(meter.http[listener], listener);
    },
  ),
  counter(
    'thenar_scanner_calls_total',
    'Calls of scanners answered: ok, or the code of the error.',
    ['method', 'code'],
    ({ meter }) => outcomes(meter.scannerCalls),
  ),
  histogram(
    'thenar_scanner_call_duration_seconds',
    'From a scanner’s call to its answer; calls that were turned away are not in it.',
    ['method'],
    ({ meter }) => durations(meter.scannerCalls),
  ),
  gauge(
    'thenar_calls',
    'Calls of scanners and over REST: those under way, and those that wait to be let in.',
    ['state'],
    ({ admitted }) => [
      [['under_way'], admitted.underWay],
      [['waiting'], admitted.waiting],
    ],
  ),
  gauge(
    'thenar_calls_limit',
    'Calls that may be under way now, of tenants that ask for more than can be done and of the others.',
    ['tenants'],
    ({ admitted }) => [
      [['others'], admitted.limit],
      [['flooding'], admitted.pressedLimit],
    ],
  ),
  counter(
    'thenar_calls_refused_total',
    'Calls refused because more was asked for than can be done.',
    [],
    ({ admitted }) => only(admitted.refused),
  ),
];

export const scanners: readonly Family[] = [
  counter(
    'thenar_tls_handshakes_total',
    'Handshakes with devices: done, refused by the certificate check, failed, or turned away before they began.',
    ['outcome'],
    function* ({ meter, handshakes }) {
      yield* counts(meter.handshakes);
      yield [['turned_away'], handshakes.refused];
    },
  ),
  histogram(
    'thenar_tls_handshake_duration_seconds',
    'From an accepted connection of a device to the end of its handshake, the wait for its turn included.',
    [],
    ({ meter }) => [[[], meter.handshakeSeconds]],
  ),
  gauge(
    'thenar_tls_handshakes_pending',
    'Handshakes under way, and connections that wait for their turn.',
    ['state'],
    ({ handshakes }) => [
      [['running'], handshakes.running],
      [['waiting'], handshakes.waiting],
    ],
  ),
  gauge('thenar_scanner_connections', 'Scanners connected, each with its open session.', [], ({ sessions }) =>
    only(sessions),
  ),
  counter(
    'thenar_scanner_closes_total',
    'Scanner connections that ended, by close code.',
    ['code'],
    ({ meter }) => counts(meter.closes),
  ),
  counter('thenar_pushes_total', 'Calls of the engine sent to scanners.', ['method'], ({ meter }) =>
    counts(meter.pushes),
  ),
  histogram(
    'thenar_push_acknowledgement_delay_seconds',
    'From a push on a socket to its acknowledgement.',
    ['method'],
    ({ meter }) => distributions(meter.acknowledgementSeconds),
  ),
];

export const decisions: readonly Family[] = [
  counter(
    'thenar_challenges_total',
    'Challenges that ended, by type and last state.',
    ['type', 'outcome'],
    ({ meter }) => counts(meter.challenges),
  ),
  histogram(
    'thenar_challenge_duration_seconds',
    'From the creation of a challenge to its decision; those that nobody answered are not in it.',
    ['type'],
    ({ meter }) => distributions(meter.challengeSeconds),
  ),
  histogram(
    'thenar_match_duration_seconds',
    'What matching spends its time on: waiting for a worker, reading the scan, searching, comparing exactly.',
    ['operation', 'phase'],
    ({ meter }) => distributions(meter.matchSeconds),
  ),
  histogram(
    'thenar_match_candidates',
    'Templates compared exactly for one scan.',
    ['operation'],
    ({ meter }) => distributions(meter.compared),
  ),
  histogram(
    'thenar_match_fused_score',
    'Fused score of the best candidate, between 0 and 1.',
    ['operation', 'decision'],
    ({ meter }) => distributions(meter.scores),
  ),
];
