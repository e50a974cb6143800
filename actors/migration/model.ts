/** The switch of the deployment's palm model: in one commit on disk, and then in memory. */
import type { PalmModel } from '../../engine/palm/types.ts';
import type { Write } from '../../engine/ports.ts';
import type { Context } from '../context.ts';
import { closeCodes } from '../device/protocol.ts';
import { PALM_MODEL, thresholdsInForce } from '../palms/thresholds.ts';

export function modelSwitch(from: PalmModel, to: PalmModel): Write {
  return {
    update: 'settings',
    where: { name: PALM_MODEL, value: from },
    set: { value: to },
    otherwise: 'palm_migration_refused',
  };
}

/** Memory follows the row; the model and its thresholds change in one step, so that no decision sees half of it. */
export async function adoptModel(context: Context, model: PalmModel): Promise<void> {
  const { deployment, sessions, store } = context;
  if (deployment.palmModel === model) return;
  const thresholds = await thresholdsInForce(store, model);
  deployment.palmModel = model;
  deployment.thresholds = thresholds;
  // Scanners learn the model when they open their session.
  sessions.closeAll(closeCodes.restarting, 'the palm model changed');
}
