import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { changeTenant } from '../tenant/protocol.ts';

/** How a tenant's text messages go out. */
export function smsConfigCommands(context: Context): EngineApi['smsConfig'] {
  return {
    async update(call, input) {
      const { provider, senderId } = input;
      const { config } = await changeTenant(context, call.tenantId, call.deadline, (tenant) => ({
        set: {
          config: {
            ...tenant.config,
            ...(provider === undefined ? {} : { smsProvider: provider }),
            ...(senderId === undefined ? {} : { smsSenderId: senderId }),
          },
        },
        audit: {
          eventType: 'sms_config_changed',
          severity: 'warning',
          actor: call.actor,
          details: {
            ...(provider === undefined ? {} : { provider }),
            ...(senderId === undefined ? {} : { sender_id: senderId }),
          },
        },
      }));
      return { provider: config.smsProvider, senderId: config.smsSenderId };
    },
  };
}
