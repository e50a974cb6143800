/** Changes of a tenant as server-sent events: identifiers and states; a page asks for what it shows of them. */

import type { EngineApi } from '../../actors/api.ts';
import type { ConsoleCaller, TenantCall } from '../../actors/calls.ts';
import type { Sink } from '../http/message.ts';

/** @throws ThenarError engine_busy when enough pages are watching already */
export function changeStream(api: EngineApi, call: TenantCall, caller: ConsoleCaller): (sink: Sink) => void {
  const watch = api.changes.watch(call, caller);
  return (sink) => {
    const say = (event: string, data: unknown): void => {
      sink.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const stop = watch({
      changed: (changes) => say('changes', changes),
      // A comment: keeps proxies from cutting the line, and tells the page that it still stands.
      quiet: () => void sink.write(': still here\n\n'),
      over() {
        say('over', {});
        sink.end();
      },
    });
    sink.onClose(stop);
    // Whatever happened before this moment, the page has to read for itself.
    say('open', {});
  };
}
