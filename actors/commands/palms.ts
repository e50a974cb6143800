import { ThenarError } from '../../engine/errors.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { callingDevice } from '../device/calling.ts';
import { type EnrolPalms, enrolPalms } from '../palms/enrol.ts';
import { enrolmentEvent } from '../palms/event.ts';
import { recordingRefusal } from '../palms/standing.ts';

/** Enrolment started by a device, for a user that it was told of. */
export function palmCommands(context: Context): EngineApi['palms'] {
  return {
    async enrol(call, { userId, scans }) {
      if (scans.length === 0) throw new ThenarError('validation_failed', 'At least one scan is needed.');
      const { tenantId, deviceId } = call;
      const { device } = await callingDevice(context, call, 'enrolment');
      const { user } = await context.views.user(tenantId, { userId });
      const refused = { tenantId, userId, actor: call.actor, details: { device_id: deviceId } };
      const enrolment: EnrolPalms = {
        tenantId,
        userId,
        deviceId,
        scans,
        replace: false,
        deadline: call.deadline,
        trace: call.span.context,
        also(created, at, trace) {
          const emission = enrolmentEvent(context, {
            tenantId,
            userId,
            hardwareId: device.hardwareId,
            challengeId: null,
            metadata: null,
            palms: created,
            at,
            trace,
          });
          return {
            writes: emission.writes,
            audit: [
              {
                eventType: 'palm_enrolled',
                actor: call.actor,
                userId,
                details: { device_id: deviceId, feature_ids: created.map((palm) => palm.palmId) },
              },
            ],
            committed: emission.wake,
          };
        },
      };
      const palms = await recordingRefusal(context, refused, () => enrolPalms(context, enrolment));
      return { featureIds: palms.map((palm) => palm.palmId), consentStatus: user.consentStatus };
    },
  };
}
