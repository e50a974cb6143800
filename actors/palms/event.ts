import { palmVendor } from '../../engine/palm/model.ts';
import type { TraceContext } from '../../engine/ports.ts';
import type { JsonObject, PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { type Emission, emit } from '../webhook/emit.ts';

/** `enrollment.complete`; both hands give one event with `palm_type: both` and `feature_ids`. */
export function enrolmentEvent(
  context: Context,
  facts: {
    readonly tenantId: string;
    readonly userId: string;
    readonly hardwareId: string | null;
    readonly challengeId: string | null;
    readonly metadata: JsonObject | null;
    readonly palms: readonly PalmRecord[];
    readonly at: number;
    readonly trace: TraceContext | null;
  },
): Emission {
  const hands = new Set(facts.palms.map((palm) => palm.hand));
  const [first] = facts.palms;
  const data = {
    userId: facts.userId,
    featureIds: facts.palms.map((palm) => palm.palmId),
    palmType: hands.size > 1 ? 'both' : (first?.hand ?? 'right'),
    hardwareId: facts.hardwareId,
    challengeId: facts.challengeId,
    enrolledAt: facts.at,
    vendor: palmVendor,
    metadata: facts.metadata,
  } as const;
  return emit(context, facts.tenantId, 'enrollment.complete', data, facts.trace);
}
