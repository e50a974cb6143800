/** The process itself. Names without our prefix are those that every dashboard knows. */
import { counter, counts, type Family, gauge, only } from '../family.ts';

export const process: readonly Family[] = [
  gauge('thenar_build_info', 'Always 1; the labels say what runs.', ['version', 'node'], ({ version }) => [
    [[version, globalThis.process.versions.node], 1],
  ]),
  gauge(
    'thenar_event_loop_utilization_ratio',
    'Share of the time since the last scrape in which the main loop was busy.',
    [],
    ({ process: { loop } }) => only(loop.utilization),
  ),
  gauge(
    'thenar_event_loop_delay_mean_seconds',
    'Mean delay of the main loop since the last scrape.',
    [],
    ({ process: { loop } }) => only(loop.delayMean),
  ),
  gauge(
    'thenar_event_loop_delay_p99_seconds',
    'Delay of the main loop that one in a hundred was above since the last scrape.',
    [],
    ({ process: { loop } }) => only(loop.delay99),
  ),
  gauge(
    'thenar_event_loop_delay_max_seconds',
    'Longest delay of the main loop since the last scrape.',
    [],
    ({ process: { loop } }) => only(loop.delayMax),
  ),
  counter(
    'thenar_trace_spans_total',
    'Spans of traces: exported, dropped because too many waited, or not taken by the collector (failed).',
    ['outcome'],
    ({ meter }) => counts(meter.spans),
  ),
  counter('process_cpu_seconds_total', 'Processor time of all threads.', [], ({ process: { cpuSeconds } }) =>
    only(cpuSeconds),
  ),
  gauge('process_resident_memory_bytes', 'Resident memory.', [], ({ process: { residentBytes } }) =>
    only(residentBytes),
  ),
  gauge(
    'process_start_time_seconds',
    'When the process started, in seconds since 1970.',
    [],
    ({ process: { startedAt } }) => only(startedAt),
  ),
  gauge('nodejs_heap_used_bytes', 'JavaScript heap in use.', [], ({ process: { heapBytes } }) =>
    only(heapBytes),
  ),
  gauge(
    'nodejs_external_memory_bytes',
    'Memory outside the heap that belongs to its objects.',
    [],
    ({ process: { externalBytes } }) => only(externalBytes),
  ),
];
