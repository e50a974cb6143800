import type { EngineApi } from '../../../actors/api.ts';
import type { Clock } from '../../../engine/ports.ts';
import { gather, type Metered } from './reading.ts';

/** What `/metrics` answers. prom-client is read with the first scrape, so that no start waits for it. */
export function metricsPage(clock: Clock, metered: Metered): (api: EngineApi) => Promise<string> {
  const open = async () => {
    const [{ MetricsRegistry }, { families }, { ProcessReader }] = await Promise.all([
      import('./registry.ts'),
      import('./families.ts'),
      import('./process.ts'),
    ]);
    return { registry: new MetricsRegistry(families), process: new ProcessReader() };
  };
  let opened: ReturnType<typeof open> | null = null;
  return async (api) => {
    opened ??= open();
    const { registry, process } = await opened;
    return registry.text(await gather(clock, api, metered, process.read()));
  };
}
