/** Consent: recorded by integrators and devices, withdrawn, and listed for the console. */
import { route } from '../../../http/route.ts';
import { boolean, defined, list, object, oneOf, optional, uuid } from '../../../http/schema.ts';
import {
  consentFields,
  consentSchema,
  consentTypeSchema,
  consentWire,
  withdrawalSchema,
} from '../../../wire/consent.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { periodFields, periodOf } from '../../../wire/period.ts';
import { consentStatusSchema, erasureWire } from '../../../wire/user.ts';
import { oneUser, userFields, userOf } from '../reference.ts';
import { operators, readers } from '../roles.ts';

export const consentRoutes = [
  route({
    method: 'POST',
    path: '/v1/consent',
    operation: 'recordConsent',
    summary: 'Record that a user agreed to a version of a text. Kinds named biometric or palm open scanners.',
    auth: 'client_or_session',
    scope: 'consent:write',
    roles: operators,
    body: object(
      { ...userFields, ...consentFields, channel: optional(consentTypeSchema) },
      { exactlyOne: [oneUser] },
    ),
    reply: consentSchema,
    errors: ['user_not_found'],
    handle: async ({ api, call, body }) => {
      const { consent_type: consentType, version, channel } = body;
      const input = { consentType, version, ...defined({ channel }) };
      return { data: consentWire(await api.consent.grant(call, userOf(body), input)) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/consent/withdraw',
    operation: 'withdrawConsent',
    summary: 'Withdraw a kind of consent; with `erase` the palms go in the same commit.',
    auth: 'client_or_session',
    scope: 'consent:write',
    roles: operators,
    body: object(
      { ...userFields, consent_type: consentTypeSchema, erase: optional(boolean) },
      { exactlyOne: [oneUser] },
    ),
    reply: withdrawalSchema,
    errors: ['user_not_found', 'consent_not_found'],
    handle: async ({ api, call, body }) => {
      const { consent_type: consentType, erase } = body;
      const input = { consentType, ...defined({ erase }) };
      const { consent, erasure } = await api.consent.withdraw(call, userOf(body), input);
      return {
        data: {
          ...consentWire(consent),
          ...(erasure === null ? {} : { erasure: erasureWire(erasure) }),
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/consent/records',
    operation: 'listConsentRecords',
    summary: 'What stands of every user’s consent, newest first.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    query: object({
      ...pageFields,
      ...periodFields,
      consent_type: optional(consentTypeSchema),
      type: optional(consentTypeSchema),
      status: optional(oneOf('granted', 'withdrawn')),
      order: optional(oneOf('asc', 'desc')),
    }),
    reply: list(consentSchema),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      const { status, order } = query;
      // The console's document calls the filter `type`, bodies call the field `consent_type`.
      const consentType = query.consent_type ?? query.type;
      const found = await api.consent.records(call, {
        ...page,
        ...periodOf(query.date_from, query.date_to),
        ...defined({ consentType, status, order }),
      });
      return pageAnswer(found, page, consentWire);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/consent/{user_id}',
    operation: 'getConsent',
    summary: 'The consent status of a user, and what stands of each kind.',
    auth: 'client_or_session',
    scope: 'consent:read',
    roles: readers,
    params: { user_id: 'user_not_found' },
    reply: object({
      user_id: uuid,
      status: consentStatusSchema,
      consent_status: consentStatusSchema,
      consents: list(consentSchema),
    }),
    handle: async ({ api, call, params }) => {
      const { userId, status, consents } = await api.consent.status(call, params.user_id ?? '');
      // Under both names: a consent's, and the one that users are shown with.
      return {
        data: { user_id: userId, status, consent_status: status, consents: consents.map(consentWire) },
      };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/device/consent',
    operation: 'recordConsentAtDevice',
    summary: 'Record consent given at the device by the user in front of it.',
    auth: 'device',
    body: object({ user_id: uuid, ...consentFields }),
    reply: consentSchema,
    errors: ['user_not_found', 'user_suspended', 'device_class_mismatch'],
    handle: async ({ api, call, body }) => {
      const { user_id: userId, consent_type: consentType, version } = body;
      return { data: consentWire(await api.consent.grantAtDevice(call, userId, { consentType, version })) };
    },
  }),
];
