/** What operators look at: the panels of the Grafana dashboard, as data. */

export interface Panel {
  readonly title: string;
  /** Grafana's name of the unit. */
  readonly unit: 'short' | 's' | 'bytes' | 'reqps' | 'percentunit';
  /** PromQL, each with its legend. */
  readonly queries: readonly (readonly [expression: string, legend: string])[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const panel = (title: string, unit: Panel['unit'], ...queries: Panel['queries']): Panel => ({
  title,
  unit,
  queries,
});
const quantile = (q: number, histogram: string, by: string, where = ''): string =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${histogram}_bucket{instance=~"$instance"${where}}[$__rate_interval])))`;
const rate = (counter: string, by: string, where = ''): string =>
  `sum by (${by}) (rate(${counter}{instance=~"$instance"${where}}[$__rate_interval]))`;
const sum = (gauge: string, by: string): string => `sum by (${by}) (${gauge}{instance=~"$instance"})`;
const max = (gauge: string, by: string): string => `max by (${by}) (${gauge}{instance=~"$instance"})`;

export const rows: readonly Row[] = [
  {
    title: 'Requests',
    panels: [
      panel('REST requests by status', 'reqps', [
        rate('thenar_http_requests_total', 'listener, status'),
        '{{listener}} {{status}}',
      ]),
      panel('REST latency, 99th percentile', 's', [
        quantile(0.99, 'thenar_http_request_duration_seconds', 'operation'),
        '{{operation}}',
      ]),
      panel('Calls of scanners by outcome', 'reqps', [
        rate('thenar_scanner_calls_total', 'method, code'),
        '{{method}} {{code}}',
      ]),
      panel('Latency of scanners’ calls, 99th percentile', 's', [
        quantile(0.99, 'thenar_scanner_call_duration_seconds', 'method'),
        '{{method}}',
      ]),
      panel(
        'Calls at the door',
        'short',
        [sum('thenar_calls', 'state'), '{{state}}'],
        [sum('thenar_calls_limit', 'instance, tenants'), 'may be under way on {{instance}}, {{tenants}}'],
        [rate('thenar_calls_refused_total', 'instance'), 'refused a second on {{instance}}'],
      ),
    ],
  },
  {
    title: 'Scanners',
    panels: [
      panel(
        'Connections',
        'short',
        [sum('thenar_scanner_connections', 'instance'), 'connected to {{instance}}'],
        [sum('thenar_tls_handshakes_pending', 'state'), 'handshakes {{state}}'],
      ),
      panel(
        'Handshakes by outcome, and ends of connections',
        'reqps',
        [rate('thenar_tls_handshakes_total', 'outcome'), '{{outcome}}'],
        [rate('thenar_scanner_closes_total', 'code'), 'closed {{code}}'],
      ),
      panel(
        'Handshake latency',
        's',
        [quantile(0.5, 'thenar_tls_handshake_duration_seconds', 'instance'), 'half'],
        [quantile(0.99, 'thenar_tls_handshake_duration_seconds', 'instance'), '99 in 100'],
      ),
      panel(
        'Pushes, and how long scanners take to acknowledge them',
        's',
        [quantile(0.99, 'thenar_push_acknowledgement_delay_seconds', 'method'), '{{method}} 99th percentile'],
        [rate('thenar_pushes_total', 'method'), '{{method}} a second'],
      ),
    ],
  },
  {
    title: 'Decisions',
    panels: [
      panel('Challenges by outcome', 'reqps', [
        rate('thenar_challenges_total', 'type, outcome'),
        '{{type}} {{outcome}}',
      ]),
      panel('From challenge to decision, median', 's', [
        quantile(0.5, 'thenar_challenge_duration_seconds', 'type'),
        '{{type}}',
      ]),
      panel('Match latency by phase, 99th percentile', 's', [
        quantile(0.99, 'thenar_match_duration_seconds', 'operation, phase'),
        '{{operation}} {{phase}}',
      ]),
      panel('Templates compared for one scan, 95th percentile', 'short', [
        quantile(0.95, 'thenar_match_candidates', 'operation'),
        '{{operation}}',
      ]),
      panel(
        'Fused scores, tenth and ninetieth percentile',
        'short',
        [quantile(0.1, 'thenar_match_fused_score', 'operation, decision'), '{{operation}} {{decision}} p10'],
        [quantile(0.9, 'thenar_match_fused_score', 'operation, decision'), '{{operation}} {{decision}} p90'],
      ),
    ],
  },
  {
    title: 'Shards and workers',
    panels: [
      panel(
        'Templates of the largest tenants',
        'short',
        [max('thenar_shard_templates', 'tenant'), '{{tenant}}'],
        [max('thenar_shard_palms', 'tenant'), 'palms of {{tenant}}'],
      ),
      panel(
        'Memory of shards, and how many there are',
        'bytes',
        [sum('thenar_shard_bytes', 'tenant'), '{{tenant}}'],
        [sum('thenar_shards', 'mode'), '{{mode}} shards'],
      ),
      panel('Replay lag, entries', 'short', [max('thenar_shard_replay_lag_entries', 'tenant'), '{{tenant}}']),
      panel('Age of shard files', 's', [max('thenar_shard_file_age_seconds', 'tenant'), '{{tenant}}']),
      panel('Recall of sampled searches', 'percentunit', [
        `min by (tenant) (thenar_shard_recall_ratio{instance=~"$instance"})`,
        '{{tenant}}',
      ]),
      panel('Utilisation of match workers', 'percentunit', [
        rate('thenar_pool_busy_seconds_total', 'instance, worker'),
        '{{instance}} worker {{worker}}',
      ]),
      panel(
        'Tasks of match workers, and workers replaced',
        'short',
        [sum('thenar_pool_queued_tasks', 'worker'), 'waiting for {{worker}}'],
        [sum('thenar_pool_running_tasks', 'worker'), 'running in {{worker}}'],
        [sum('thenar_pool_worker_restarts_total', 'worker'), 'replaced {{worker}}'],
      ),
    ],
  },
  {
    title: 'Actors',
    panels: [
      panel('Actors in memory', 'short', [sum('thenar_actors', 'kind'), '{{kind}}']),
      panel(
        'Messages in mailboxes',
        'short',
        [sum('thenar_mailbox_messages', 'kind'), '{{kind}}'],
        [max('thenar_mailbox_deepest_messages', 'kind'), 'fullest of {{kind}}'],
      ),
      panel('Age of the oldest message', 's', [max('thenar_mailbox_oldest_age_seconds', 'kind'), '{{kind}}']),
      panel(
        'Messages by outcome, and dead letters',
        'reqps',
        [rate('thenar_actor_messages_total', 'outcome'), '{{outcome}}'],
        [rate('thenar_dead_letters_total', 'reason'), 'nobody took: {{reason}}'],
      ),
      panel(
        'Failures and restarts',
        'reqps',
        [rate('thenar_actor_failures_total', 'kind'), '{{kind}} failed'],
        [rate('thenar_actor_restarts_total', 'kind'), '{{kind}} restarted'],
        [rate('thenar_actor_escalations_total', 'instance'), '{{instance}} gave up on'],
      ),
      panel('Rehydration, 99th percentile', 's', [
        quantile(0.99, 'thenar_actor_activation_duration_seconds', 'kind'),
        '{{kind}}',
      ]),
      panel(
        'Coming and going',
        'reqps',
        [rate('thenar_actor_passivations_total', 'instance'), 'left memory'],
        [rate('thenar_actor_activation_failures_total', 'instance'), 'could not come'],
        [sum('thenar_actor_effects', 'instance'), 'effects under way'],
      ),
      panel(
        'Snapshots: lag, writes and failures',
        'short',
        [sum('thenar_snapshot_lagging_actors', 'kind'), '{{kind}} lagging'],
        [max('thenar_snapshot_lag_versions', 'kind'), '{{kind}} versions'],
        [rate('thenar_snapshots_total', 'outcome'), '{{outcome}} a second'],
      ),
    ],
  },
  {
    title: 'Others',
    panels: [
      panel('Webhook attempts by outcome', 'reqps', [
        rate('thenar_webhook_attempts_total', 'outcome'),
        '{{outcome}}',
      ]),
      panel('Time of a webhook attempt, 99th percentile', 's', [
        quantile(0.99, 'thenar_webhook_attempt_duration_seconds', 'instance'),
        '{{instance}}',
      ]),
      panel('Answers of linked services', 'reqps', [
        rate('thenar_linked_service_answers_total', 'outcome'),
        '{{outcome}}',
      ]),
      panel('Circuit breakers', 'short', [sum('thenar_linked_service_breakers', 'state'), '{{state}}']),
      panel('Database and snapshots: state', 'short', [
        sum('thenar_dependency', 'name, state'),
        '{{name}} {{state}}',
      ]),
      panel(
        'Shards whose file is not written, and seconds that the clock is behind',
        'short',
        [sum('thenar_shards_unsaved', 'instance'), '{{instance}} unsaved'],
        [max('thenar_clock_behind_seconds', 'instance'), '{{instance}} behind'],
      ),
    ],
  },
  {
    title: 'Process',
    panels: [
      panel(
        'Event-loop delay',
        's',
        [max('thenar_event_loop_delay_mean_seconds', 'instance'), '{{instance}} mean'],
        [max('thenar_event_loop_delay_p99_seconds', 'instance'), '{{instance}} 99 in 100'],
        [max('thenar_event_loop_delay_max_seconds', 'instance'), '{{instance}} longest'],
      ),
      panel(
        'Processor: all threads, and the main loop',
        'percentunit',
        [rate('process_cpu_seconds_total', 'instance'), '{{instance}} cores'],
        [max('thenar_event_loop_utilization_ratio', 'instance'), '{{instance}} main loop'],
      ),
      panel(
        'Memory',
        'bytes',
        [max('process_resident_memory_bytes', 'instance'), '{{instance}} resident'],
        [max('nodejs_heap_used_bytes', 'instance'), '{{instance}} heap'],
        [max('nodejs_external_memory_bytes', 'instance'), '{{instance}} outside of it'],
      ),
      panel('Spans of traces', 'reqps', [rate('thenar_trace_spans_total', 'outcome'), '{{outcome}}']),
      panel(
        'Up since, and what runs',
        's',
        [`time() - ${max('process_start_time_seconds', 'instance')}`, '{{instance}}'],
        [max('thenar_build_info', 'instance, version, node'), '{{version}} on Node {{node}}'],
      ),
    ],
  },
];
