/** What the operating system and the event loop say of this process. */
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';

export interface ProcessReading {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Epoch seconds. */
  readonly startedAt: number;
  /** Since the reading before this one. */
  readonly loop: {
    readonly utilization: number;
    /** Seconds. */
    readonly delayMean: number;
    readonly delay99: number;
    readonly delayMax: number;
  };
}

/** How often the loop's delay is looked at: libuv does it, for microseconds a second. */
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** Watches the event loop from its making on. */
export class ProcessReader {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();

  constructor() {
    this.#delay.enable();
  }

  read(): ProcessReading {
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    return {
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      residentBytes: memory.rss,
      heapBytes: memory.heapUsed,
      externalBytes: memory.external,
      startedAt: performance.timeOrigin / 1000,
      loop: this.#readLoop(),
    };
  }

  #readLoop(): ProcessReading['loop'] {
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, before);
    // Each look is a timer of this length, and what came on top of it is the delay.
    const seconds = (nanoseconds: number): number =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000) : 0;
    const delay = this.#delay;
    const looked = delay.count > 0;
    const loop = {
      utilization,
      delayMean: looked ? seconds(delay.mean) : 0,
      delay99: looked ? seconds(delay.percentile(99)) : 0,
      delayMax: looked ? seconds(delay.max) : 0,
    };
    delay.reset();
    return loop;
  }
}
