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
      {
        title: 'REST requests by status',
        unit: 'reqps',
        queries: [[rate('thenar_http_requests_total', 'listener, status'), '{{listener}} {{status}}']],
      },
      {
        title: 'REST latency, 99th percentile',
        unit: 's',
        queries: [[quantile(0.99, 'thenar_http_request_duration_seconds', 'operation'), '{{operation}}']],
      },
      {
        title: 'Calls of scanners by outcome',
        unit: 'reqps',
        queries: [[rate('thenar_scanner_calls_total', 'method, code'), '{{method}} {{code}}']],
      },
      {
        title: 'Latency of scanners’ calls, 99th percentile',
        unit: 's',
        queries: [[quantile(0.99, 'thenar_scanner_call_duration_seconds', 'method'), '{{method}}']],
      },
    ],
  },
  {
    title: 'Scanners',
    panels: [
      {
        title: 'Connections',
        unit: 'short',
        queries: [
          [sum('thenar_scanner_connections', 'instance'), 'connected to {{instance}}'],
          [sum('thenar_tls_handshakes_pending', 'state'), 'handshakes {{state}}'],
        ],
      },
      {
        title: 'Handshakes by outcome, and ends of connections',
        unit: 'reqps',
        queries: [
          [rate('thenar_tls_handshakes_total', 'outcome'), '{{outcome}}'],
          [rate('thenar_scanner_closes_total', 'code'), 'closed {{code}}'],
        ],
      },
      {
        title: 'Handshake latency',
        unit: 's',
        queries: [
          [quantile(0.5, 'thenar_tls_handshake_duration_seconds', 'instance'), 'half'],
          [quantile(0.99, 'thenar_tls_handshake_duration_seconds', 'instance'), '99 in 100'],
        ],
      },
      {
        title: 'Pushes, and how long scanners take to acknowledge them',
        unit: 's',
        queries: [
          [
            quantile(0.99, 'thenar_push_acknowledgement_delay_seconds', 'method'),
            '{{method}} 99th percentile',
          ],
          [rate('thenar_pushes_total', 'method'), '{{method}} a second'],
        ],
      },
    ],
  },
  {
    title: 'Decisions',
    panels: [
      {
        title: 'Challenges by outcome',
        unit: 'reqps',
        queries: [[rate('thenar_challenges_total', 'type, outcome'), '{{type}} {{outcome}}']],
      },
      {
        title: 'From challenge to decision, median',
        unit: 's',
        queries: [[quantile(0.5, 'thenar_challenge_duration_seconds', 'type'), '{{type}}']],
      },
      {
        title: 'Match latency by phase, 99th percentile',
        unit: 's',
        queries: [
          [quantile(0.99, 'thenar_match_duration_seconds', 'operation, phase'), '{{operation}} {{phase}}'],
        ],
      },
      {
        title: 'Templates compared for one scan, 95th percentile',
        unit: 'short',
        queries: [[quantile(0.95, 'thenar_match_candidates', 'operation'), '{{operation}}']],
      },
      {
        title: 'Fused scores, tenth and ninetieth percentile',
        unit: 'short',
        queries: [
          [
            quantile(0.1, 'thenar_match_fused_score', 'operation, decision'),
            '{{operation}} {{decision}} p10',
          ],
          [
            quantile(0.9, 'thenar_match_fused_score', 'operation, decision'),
            '{{operation}} {{decision}} p90',
          ],
        ],
      },
    ],
  },
  {
    title: 'Shards and workers',
    panels: [
      {
        title: 'Templates of the largest tenants',
        unit: 'short',
        queries: [
          [max('thenar_shard_templates', 'tenant'), '{{tenant}}'],
          [max('thenar_shard_palms', 'tenant'), 'palms of {{tenant}}'],
        ],
      },
      {
        title: 'Memory of shards, and how many there are',
        unit: 'bytes',
        queries: [
          [sum('thenar_shard_bytes', 'tenant'), '{{tenant}}'],
          [sum('thenar_shards', 'mode'), '{{mode}} shards'],
        ],
      },
      {
        title: 'Replay lag, entries',
        unit: 'short',
        queries: [[max('thenar_shard_replay_lag_entries', 'tenant'), '{{tenant}}']],
      },
      {
        title: 'Age of shard files',
        unit: 's',
        queries: [[max('thenar_shard_file_age_seconds', 'tenant'), '{{tenant}}']],
      },
      {
        title: 'Recall of sampled searches',
        unit: 'percentunit',
        queries: [[`min by (tenant) (thenar_shard_recall_ratio{instance=~"$instance"})`, '{{tenant}}']],
      },
      {
        title: 'Utilisation of match workers',
        unit: 'percentunit',
        queries: [
          [rate('thenar_pool_busy_seconds_total', 'instance, worker'), '{{instance}} worker {{worker}}'],
        ],
      },
      {
        title: 'Tasks of match workers, and workers replaced',
        unit: 'short',
        queries: [
          [sum('thenar_pool_queued_tasks', 'worker'), 'waiting for {{worker}}'],
          [sum('thenar_pool_running_tasks', 'worker'), 'running in {{worker}}'],
          [sum('thenar_pool_worker_restarts_total', 'worker'), 'replaced {{worker}}'],
        ],
      },
    ],
  },
  {
    title: 'Actors',
    panels: [
      {
        title: 'Actors in memory',
        unit: 'short',
        queries: [[sum('thenar_actors', 'kind'), '{{kind}}']],
      },
      {
        title: 'Messages in mailboxes',
        unit: 'short',
        queries: [
          [sum('thenar_mailbox_messages', 'kind'), '{{kind}}'],
          [max('thenar_mailbox_deepest_messages', 'kind'), 'fullest of {{kind}}'],
        ],
      },
      {
        title: 'Age of the oldest message',
        unit: 's',
        queries: [[max('thenar_mailbox_oldest_age_seconds', 'kind'), '{{kind}}']],
      },
      {
        title: 'Messages by outcome, and dead letters',
        unit: 'reqps',
        queries: [
          [rate('thenar_actor_messages_total', 'outcome'), '{{outcome}}'],
          [rate('thenar_dead_letters_total', 'reason'), 'nobody took: {{reason}}'],
        ],
      },
      {
        title: 'Failures and restarts',
        unit: 'reqps',
        queries: [
          [rate('thenar_actor_failures_total', 'kind'), '{{kind}} failed'],
          [rate('thenar_actor_restarts_total', 'kind'), '{{kind}} restarted'],
          [rate('thenar_actor_escalations_total', 'instance'), '{{instance}} gave up on'],
        ],
      },
      {
        title: 'Rehydration, 99th percentile',
        unit: 's',
        queries: [[quantile(0.99, 'thenar_actor_activation_duration_seconds', 'kind'), '{{kind}}']],
      },
      {
        title: 'Coming and going',
        unit: 'reqps',
        queries: [
          [rate('thenar_actor_passivations_total', 'instance'), 'left memory'],
          [rate('thenar_actor_activation_failures_total', 'instance'), 'could not come'],
          [sum('thenar_actor_effects', 'instance'), 'effects under way'],
        ],
      },
      {
        title: 'Snapshots: lag, writes and failures',
        unit: 'short',
        queries: [
          [sum('thenar_snapshot_lagging_actors', 'kind'), '{{kind}} lagging'],
          [max('thenar_snapshot_lag_versions', 'kind'), '{{kind}} versions'],
          [rate('thenar_snapshots_total', 'outcome'), '{{outcome}} a second'],
        ],
      },
    ],
  },
  {
    title: 'Others',
    panels: [
      {
        title: 'Webhook attempts by outcome',
        unit: 'reqps',
        queries: [[rate('thenar_webhook_attempts_total', 'outcome'), '{{outcome}}']],
      },
      {
        title: 'Time of a webhook attempt, 99th percentile',
        unit: 's',
        queries: [[quantile(0.99, 'thenar_webhook_attempt_duration_seconds', 'instance'), '{{instance}}']],
      },
      {
        title: 'Answers of linked services',
        unit: 'reqps',
        queries: [[rate('thenar_linked_service_answers_total', 'outcome'), '{{outcome}}']],
      },
      {
        title: 'Circuit breakers',
        unit: 'short',
        queries: [[sum('thenar_linked_service_breakers', 'state'), '{{state}}']],
      },
      {
        title: 'Database and snapshots: state',
        unit: 'short',
        queries: [[sum('thenar_dependency_state', 'dependency, state'), '{{dependency}} {{state}}']],
      },
      {
        title: 'Shards whose file is not written, and seconds that the clock is behind',
        unit: 'short',
        queries: [
          [sum('thenar_unsaved_shards', 'instance'), '{{instance}} unsaved'],
          [max('thenar_clock_behind_seconds', 'instance'), '{{instance}} behind'],
        ],
      },
    ],
  },
  {
    title: 'Process',
    panels: [
      {
        title: 'Event-loop delay',
        unit: 's',
        queries: [
          [max('thenar_event_loop_delay_mean_seconds', 'instance'), '{{instance}} mean'],
          [max('thenar_event_loop_delay_p99_seconds', 'instance'), '{{instance}} 99 in 100'],
          [max('thenar_event_loop_delay_max_seconds', 'instance'), '{{instance}} longest'],
        ],
      },
      {
        title: 'Processor: all threads, and the main loop',
        unit: 'percentunit',
        queries: [
          [rate('process_cpu_seconds_total', 'instance'), '{{instance}} cores'],
          [max('thenar_event_loop_utilization_ratio', 'instance'), '{{instance}} main loop'],
        ],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [
          [max('process_resident_memory_bytes', 'instance'), '{{instance}} resident'],
          [max('nodejs_heap_used_bytes', 'instance'), '{{instance}} heap'],
          [max('nodejs_external_memory_bytes', 'instance'), '{{instance}} outside of it'],
        ],
      },
      {
        title: 'Up since, and what runs',
        unit: 's',
        queries: [
          [`time() - ${max('process_start_time_seconds', 'instance')}`, '{{instance}}'],
          [max('thenar_build_info', 'instance, version, node'), '{{version}} on Node {{node}}'],
        ],
      },
    ],
  },
];
