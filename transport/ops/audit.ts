import type { ChainReport, VerifyStep } from '../../actors/api.ts';
import { asThenarError } from '../../engine/errors.ts';
import type { Sink } from '../http/message.ts';
import { type Route, route, textMedia } from '../http/route.ts';

/** What `thenar audit verify` asks of a running engine. */
export const auditRoute: Route = route({
  method: 'GET',
  path: '/audit/verify',
  operation: 'audit_verify',
  summary:
    'Verifies every audit chain from its first record: `{"chains":[…]}`, written as they are verified.',
  auth: 'operator',
  reply: textMedia('application/json; charset=utf-8'),
  handle: ({ api }) => ({ data: '', stream: (sink) => void writeReports(api.ops.verifyAudit(), sink) }),
});

/**
 * One JSON document that grows while the engine verifies, for however long that takes. A sign of life is a space,
 * which JSON ignores, so that no reader takes a long chain for a dead connection.
 */
async function writeReports(steps: AsyncIterable<VerifyStep>, sink: Sink): Promise<void> {
  let separator = '';
  try {
    sink.write('{"chains":[');
    for await (const step of steps) {
      const text = 'report' in step ? `${separator}${JSON.stringify(chainWire(step.report))}` : ' ';
      if ('report' in step) separator = ',';
      if (!sink.write(text)) return;
    }
    sink.write(']}');
  } catch (error) {
    sink.write(`],"error":${JSON.stringify(asThenarError(error).message)}}`);
  }
  sink.end();
}

function chainWire(report: ChainReport): object {
  const { tenantId, ...rest } = report;
  return { tenant_id: tenantId, ...rest };
}
