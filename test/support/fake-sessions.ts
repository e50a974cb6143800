import { EventEmitter } from 'node:events';
import type {
  CompleteChallenge,
  ConsentGrant,
  CreateTransaction,
  EngineApi,
  TransactionReply,
} from '../../actors/api.ts';
import type { DeviceCall } from '../../actors/calls.ts';
import type { DeviceLink, Push, SessionOpened } from '../../actors/device/protocol.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { ChallengeRecord, DeviceRecord, JsonObject } from '../../engine/records.ts';
import type { ScannerApi } from '../../transport/scanner/services.ts';

export const TENANT = '11111111-2222-4333-8444-555555555555';
export const DEVICE = '66666666-7777-4888-9999-aaaaaaaaaaaa';
export const USER = '77777777-7777-4888-9999-bbbbbbbbbbbb';
export const CHALLENGE = '88888888-7777-4888-9999-cccccccccccc';

type Refusal = Exclude<ReturnType<EngineApi['auth']['authenticateDevice']>, { ok: true }>['code'];

interface Events {
  opened: [sessionId: string];
  acknowledged: [seq: number];
  ended: [sessionId: string];
  completing: [input: CompleteChallenge];
}

/** The engine as the scanner socket sees it: one device's outbox and session, in memory, and nothing else. */
export class FakeSessions extends EventEmitter<Events> {
  readonly refusals = new Map<string, Refusal>();
  readonly known = new Set<string>();
  /** Fingerprints that a renewal replaced. */
  readonly superseded = new Set<string>();
  readonly outbox: Push[] = [];
  readonly completions: CompleteChallenge[] = [];
  readonly transactions: CreateTransaction[] = [];
  readonly enrolments: { userId: string; scans: readonly unknown[] }[] = [];
  readonly consents: (ConsentGrant & { userId: string })[] = [];
  readonly reports: JsonObject[] = [];
  readonly calls: DeviceCall[] = [];
  epoch = 'epoch-1';
  seq = 0;
  pending: ChallengeRecord[] = [];
  link: DeviceLink | null = null;
  sessionId: string | null = null;
  /** Holds back an answer until the test lets it go. */
  gate: Promise<void> = Promise.resolve();
  openFails: ThenarError | null = null;
  /** Pushed inside `open`, before its promise resolves. */
  early: Push[] = [];
  #sessions = 0;

  /** The next push to the device, kept until it is acknowledged. */
  push(push: Record<string, unknown> & { method: Push['method'] }): Push {
    this.seq += 1;
    const numbered = { ...push, seq: this.seq } as unknown as Push;
    this.outbox.push(numbered);
    this.link?.push(numbered);
    return numbered;
  }

  readonly api: ScannerApi = {
    auth: {
      authenticateDevice: (fingerprint: string) => {
        const code = this.refusals.get(fingerprint);
        if (code !== undefined) return { ok: false, code };
        if (this.superseded.has(fingerprint)) {
          return { ok: false, code: 'device_certificate_revoked', superseded: true };
        }
        if (!this.known.has(fingerprint)) return { ok: false, code: 'device_certificate_invalid' };
        return { ok: true, tenantId: TENANT, deviceId: DEVICE };
      },
    } as EngineApi['auth'],
    sessions: {
      open: async (call, link, resume): Promise<SessionOpened> => {
        this.calls.push(call);
        await this.gate;
        if (this.openFails !== null) throw this.openFails;
        this.link?.close(4409, 'A newer connection took over.');
        this.link = link;
        this.#sessions += 1;
        this.sessionId = `session-${this.#sessions}`;
        const resumed = resume.epoch === this.epoch;
        for (const push of this.early) link.push(push);
        const after = resume.lastSeq ?? 0;
        if (resumed) for (const push of this.outbox.filter(({ seq }) => seq > after)) link.push(push);
        this.emit('opened', this.sessionId);
        return {
          sessionId: this.sessionId,
          epoch: this.epoch,
          lastSeq: this.seq,
          resumed,
          device: deviceRecord,
          heartbeatS: 20,
          model: 'thenar-reference-1',
          pending: this.pending,
        };
      },
      callsPerSecond: () => limits.scanner_calls_per_s,
      acknowledge: (_call, _sessionId, seq) => {
        const at = this.outbox.findIndex((push) => push.seq === seq);
        if (at >= 0) this.outbox.splice(at, 1);
        this.emit('acknowledged', seq);
      },
      closed: (_call, sessionId) => {
        if (sessionId === this.sessionId) {
          this.link = null;
          this.sessionId = null;
        }
        this.emit('ended', sessionId);
      },
      closeAll: () => {},
      connections: () => [],
    },
    challenges: {
      pending: async () => this.pending,
      accept: async (_call: DeviceCall, challengeId: string) => {
        if (challengeId !== CHALLENGE) throw new ThenarError('challenge_not_found', 'There is none.');
        return { ...challengeRecord, status: 'accepted' };
      },
      reject: async (_call: DeviceCall, _challengeId: string, reason: string) => ({
        ...challengeRecord,
        status: 'cancelled',
        reason,
      }),
      complete: async (call: DeviceCall, input: CompleteChallenge): Promise<ChallengeRecord> => {
        this.calls.push(call);
        this.completions.push(input);
        this.emit('completing', input);
        await this.gate;
        return { ...challengeRecord, status: 'completed', completedAt: 1_700_000_000_000 };
      },
    } as unknown as EngineApi['challenges'],
    transactions: {
      create: async (_call, input): Promise<TransactionReply> => {
        this.transactions.push(input);
        return { decision: 'allow', displayMessage: 'Approved', productReference: null, status: 'completed' };
      },
    },
    signup: {
      start: async () => ({ challengeId: '1', expiresAt: 0 }),
      verify: async () => ({ userId: '1', isNewUser: true, palmEnrolled: false }),
    },
    palms: {
      enrol: async (_call, input) => {
        this.enrolments.push(input);
        return { featureIds: [CHALLENGE], consentStatus: 'none' };
      },
    },
    consent: {
      grantAtDevice: async (_call: DeviceCall, userId: string, input: ConsentGrant) => {
        this.consents.push({ userId, ...input });
        return {
          tenantId: TENANT,
          userId,
          consentType: input.consentType,
          consentVersion: input.version,
          status: 'granted',
          channel: 'device',
          grantedAt: 1_700_000_000_000,
          withdrawnAt: null,
          version: 1,
        };
      },
    } as unknown as EngineApi['consent'],
    devices: {
      renew: async () => {
        throw new Error('the secret cause of it');
      },
      report: async (_call: DeviceCall, input: JsonObject) => {
        this.reports.push(input);
      },
    } as unknown as EngineApi['devices'],
  };
}

export const challengeRecord: ChallengeRecord = {
  challengeId: CHALLENGE,
  tenantId: TENANT,
  type: 'verify',
  userId: USER,
  externalUserId: 'person-1',
  deviceId: DEVICE,
  hardwareId: 'hw-1',
  palmType: 'left',
  replace: false,
  status: 'presented',
  metadata: { order: 7 },
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_000_300_000,
  presentedAt: 1_700_000_000_000,
  acceptedAt: null,
  completedAt: null,
  attempts: 0,
  reason: null,
  result: null,
  receipt: null,
  featureIds: null,
  idempotencyKey: null,
  scanDigest: null,
  version: 2,
};

const deviceRecord: DeviceRecord = {
  deviceId: DEVICE,
  tenantId: TENANT,
  deviceName: 'Lobby',
  location: 'Ground floor',
  deviceClass: 'personal',
  boundProduct: null,
  boundAction: null,
  hardwareId: 'hw-1',
  model: null,
  firmware: null,
  serial: null,
  status: 'paired',
  pairedAt: 1_700_000_000_000,
  certificateExpiresAt: 1_707_776_000_000,
  lastSeenAt: null,
  seq: 0,
  version: 1,
  createdAt: 1_700_000_000_000,
};
