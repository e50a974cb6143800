/** When somebody has to look, as data, and as Prometheus reads it. */

export interface Alert {
  readonly name: string;
  /** PromQL: it holds while there is something to see to. */
  readonly expression: string;
  /** How long it must hold, in the notation of Prometheus. */
  readonly for: string;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  /** What to look at first. */
  readonly advice: string;
}

const rate = (counter: string): string => `rate(${counter}[5m])`;

export const alerts: readonly Alert[] = [
  {
    name: 'ThenarDown',
    expression: 'up{job="thenar"} == 0',
    for: '2m',
    severity: 'page',
    summary: 'An engine does not answer its scrape.',
    advice: 'Is the process there? Its log says why it ended; it starts again on what PostgreSQL has.',
  },
  {
    name: 'ThenarRequestsFail',
    expression: `sum by (instance) (${rate('thenar_http_requests_total{status=~"5.."}')}) / sum by (instance) (${rate('thenar_http_requests_total')}) > 0.02`,
    for: '5m',
    severity: 'page',
    summary: 'More than 2 % of REST requests end with a fault of ours.',
    advice: 'GET /readyz of the ops listener names what does not answer.',
  },
  {
    name: 'ThenarRequestsSlow',
    expression:
      'histogram_quantile(0.99, sum by (le, instance) (rate(thenar_http_request_duration_seconds_bucket{listener="public"}[5m]))) > 1',
    for: '10m',
    severity: 'ticket',
    summary: 'One REST request in a hundred takes longer than a second.',
    advice: 'Compare event-loop delay, the queue of match workers and the database.',
  },
  {
    name: 'ThenarScannerCallsFail',
    expression: `sum by (instance) (${rate('thenar_scanner_calls_total{code=~"internal|unavailable|deadline_exceeded|engine_busy"}')}) / sum by (instance) (${rate('thenar_scanner_calls_total')}) > 0.02`,
    for: '5m',
    severity: 'page',
    summary: 'More than 2 % of the calls of scanners end with a fault of ours.',
    advice: 'Who stands at a scanner waits: readiness and the queue of match workers first.',
  },
  {
    name: 'ThenarCallsRefused',
    expression: `sum by (instance) (${rate('thenar_calls_refused_total')}) > 0`,
    for: '10m',
    severity: 'ticket',
    summary: 'More is asked for than this machine can do.',
    advice: 'The log names the tenants whose calls are refused; the others are served as before.',
  },
  {
    name: 'ThenarScannersGone',
    expression:
      'thenar_scanner_connections < 0.7 * max_over_time(thenar_scanner_connections[15m]) and max_over_time(thenar_scanner_connections[15m]) > 10',
    for: '2m',
    severity: 'page',
    summary: 'A third of the scanners that were connected are not.',
    advice: 'Closes by code, handshakes by outcome, and the network between.',
  },
  {
    name: 'ThenarHandshakesTurnedAway',
    expression: `${rate('thenar_tls_handshakes_total{outcome="turned_away"}')} > 0`,
    for: '5m',
    severity: 'ticket',
    summary: 'More scanners connect at once than handshakes can be made.',
    advice: 'They come back by themselves; if this lasts, something connects over and over.',
  },
  {
    name: 'ThenarPushesUnheard',
    expression:
      'histogram_quantile(0.95, sum by (le, instance) (rate(thenar_push_acknowledgement_delay_seconds_bucket[5m]))) > 5',
    for: '10m',
    severity: 'ticket',
    summary: 'Scanners take longer than five seconds to acknowledge what they are sent.',
    advice: 'Their network, or firmware that answers only after a person did.',
  },
  {
    name: 'ThenarMatchQueue',
    expression:
      'histogram_quantile(0.95, sum by (le, instance) (rate(thenar_match_duration_seconds_bucket{phase="queue"}[5m]))) > 0.5',
    for: '5m',
    severity: 'page',
    summary: 'Palms wait longer than half a second for a match worker.',
    advice: 'More workers (THENAR_WORKERS) where there are cores, or fewer tenants a node.',
  },
  {
    name: 'ThenarMatchWorkerReplaced',
    expression: 'increase(thenar_pool_worker_restarts_total[15m]) > 2',
    for: '0m',
    severity: 'page',
    summary: 'A match worker died or hung several times.',
    advice: 'Its shards are loaded again each time; the log says what ended it.',
  },
  {
    name: 'ThenarShardBehind',
    expression: 'thenar_shard_replay_lag_entries > 1000',
    for: '10m',
    severity: 'ticket',
    summary: 'A shard is a thousand enrolments behind the palm log.',
    advice: 'Enrolments of that tenant wait for it; searches miss the newest palms.',
  },
  {
    name: 'ThenarRecallLow',
    expression: 'thenar_shard_recall_ratio < 0.95',
    for: '30m',
    severity: 'ticket',
    summary: 'The index of a tenant finds less than 95 % of what exact search finds.',
    advice: 'People are told that they were not recognised. Deleting the shard’s file has it built anew.',
  },
  {
    name: 'ThenarActorsStuck',
    expression: 'thenar_mailbox_oldest_age_seconds > 10',
    for: '2m',
    severity: 'page',
    summary: 'A message waits longer than ten seconds for its actor.',
    advice: 'GET /actors?sort=age of the ops listener names it; it can be restarted there.',
  },
  {
    name: 'ThenarActorsGivenUp',
    expression: 'increase(thenar_actor_escalations_total[10m]) > 0',
    for: '0m',
    severity: 'page',
    summary: 'An actor failed so often that its key was refused.',
    advice: 'The log has the error, under "an actor failed too often and is refused".',
  },
  {
    name: 'ThenarDeadLetters',
    expression: `sum by (instance, reason) (${rate('thenar_dead_letters_total')}) > 1`,
    for: '10m',
    severity: 'ticket',
    summary: 'Messages go to actors that do not take them.',
    advice: 'GET /actors/dead-letters of the ops listener shows the last ones.',
  },
  {
    name: 'ThenarSnapshotsFail',
    expression: `sum by (instance) (${rate('thenar_snapshots_total{outcome=~"write_failed|read_failed"}')}) > 0.1 or thenar_dependency{name="snapshots", state="down"} == 1`,
    for: '10m',
    severity: 'ticket',
    summary: 'Snapshots are not written or read.',
    advice: 'Nothing is lost: actors load from PostgreSQL, which is slower. Look at Redis.',
  },
  {
    name: 'ThenarWebhooksFail',
    expression: `sum by (instance) (${rate('thenar_webhook_attempts_total{outcome!="delivered"}')}) / sum by (instance) (${rate('thenar_webhook_attempts_total')}) > 0.5`,
    for: '30m',
    severity: 'ticket',
    summary: 'Half of the webhook attempts fail.',
    advice: 'The console shows which endpoint; deliveries are tried again, and can be replayed.',
  },
  {
    name: 'ThenarDatabaseDown',
    expression: 'thenar_dependency{name="database", state="down"} == 1',
    for: '1m',
    severity: 'page',
    summary: 'The database does not answer.',
    advice: 'What must be stored is refused; what is in memory goes on. The engine comes back when it does.',
  },
  {
    name: 'ThenarShardsUnsaved',
    expression: 'thenar_shards_unsaved > 0',
    for: '15m',
    severity: 'ticket',
    summary: 'Files of shards cannot be written.',
    advice: 'Is the data dir full? Matching goes on from memory; a restart reads the palm log instead.',
  },
  {
    name: 'ThenarClockBehind',
    expression: 'thenar_clock_behind_seconds > 1',
    for: '5m',
    severity: 'ticket',
    summary: 'The clock of the machine was set back.',
    advice: 'The engine goes on from the time it knew. Look at the time synchronisation of the machine.',
  },
  {
    name: 'ThenarBreakerOpen',
    expression: 'thenar_linked_service_breakers{state="open"} > 0',
    for: '5m',
    severity: 'ticket',
    summary: 'A linked service is not asked any more, because it does not answer.',
    advice: 'Its fail_mode decides meanwhile. The console shows which one.',
  },
  {
    name: 'ThenarLoopBlocked',
    expression: 'thenar_event_loop_delay_p99_seconds > 0.1',
    for: '5m',
    severity: 'ticket',
    summary: 'The main loop is held up for a tenth of a second and more.',
    advice: 'Everything waits for it. Is the machine short of cores, or memory?',
  },
  {
    name: 'ThenarSpansLost',
    expression: 'rate(thenar_trace_spans_total{outcome!="exported"}[5m]) > 0',
    for: '15m',
    severity: 'ticket',
    summary: 'Spans of traces do not reach the collector.',
    advice: 'Failed: is the collector there? Dropped: it is too slow; sample less (OTEL_TRACES_SAMPLER_ARG).',
  },
];

/** A rule file of Prometheus. Strings in JSON are strings in YAML. */
export function alertRules(): string {
  const rules = alerts.map((alert) =>
    [
      `      - alert: ${alert.name}`,
      `        expr: ${JSON.stringify(alert.expression)}`,
      `        for: ${alert.for}`,
      '        labels:',
      `          severity: ${alert.severity}`,
      '        annotations:',
      `          summary: ${JSON.stringify(alert.summary)}`,
      `          description: ${JSON.stringify(alert.advice)}`,
    ].join('\n'),
  );
  return ['groups:', '  - name: thenar', '    rules:', ...rules, ''].join('\n');
}
