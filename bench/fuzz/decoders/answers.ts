/** Answers of servers that the engine asks: they may be wrong, broken or somebody else's. */
import { facetecVendor } from '../../../engine/face/facetec.ts';
import { readSigned } from '../../../engine/kyc/callback.ts';
import { nafathProvider } from '../../../engine/kyc/nafath.ts';
import type { HttpSender } from '../../../engine/outbound/send.ts';
import { palmModel } from '../../../engine/palm/model.ts';
import { RemoteMatcher } from '../../../engine/palm/remote.ts';
import { bocvWords, competitiveWords, vectorLength } from '../../../engine/palm/sizes.ts';
import { encodeTemplate } from '../../../engine/palm/template.ts';
import { scoreCount } from '../../../engine/palm/thresholds.ts';
import type { Scan } from '../../../engine/palm/types.ts';
import { systemClock } from '../../../engine/system.ts';
import { readRetryAfter } from '../../../engine/webhooks/schedule.ts';
import { signatureHeaders } from '../../../engine/webhooks/sign.ts';
import type { Draw } from '../draw.ts';
import { hostileBody, hostileJson } from '../json.ts';
import { type Decoder, damaged } from './decoder.ts';

/** A status and a body in one input: three digits, then the body. */
const answerOf = (draw: Draw, valid: readonly object[]): Buffer => {
  const status = draw.chance(0.8) ? 200 : draw.pick([400, 401, 404, 422, 429, 500, 503, 302, 0]);
  const body = draw.chance(0.9) ? hostileBody(draw, {}, draw.pick(valid)) : hostileJson(draw);
  return Buffer.from(String(status).padStart(3, '0') + body);
};

function senderOf(input: Uint8Array): HttpSender {
  const text = Buffer.from(input).toString();
  const reply = { status: Number(text.slice(0, 3)), retryAfter: undefined, body: text.slice(3) };
  return { send: async () => reply, close: () => undefined };
}

const deadline = (): number => systemClock.monotonic() + 60_000;

const checks = {
  sessionTokenCheckSucceeded: true,
  replayCheckSucceeded: true,
  auditTrailVerificationCheckSucceeded: true,
  faceScanLivenessCheckSucceeded: true,
};
const face = { faceScan: 'AA==', auditTrailImage: 'AA==', lowQualityAuditTrailImage: 'AA==', userAgent: 'a' };
const policy = {
  thresholds: { version: 1, thresholds: [0.5], fused: 0.5 },
  matchPolicy: 'fused',
  qualityMin: 0,
  livenessMin: null,
} as const;

function faceServer(): Decoder {
  const answers = [
    { success: true, wasProcessed: true, error: false, faceScanSecurityChecks: checks, matchLevel: 12 },
    { success: true, sessionToken: 'token' },
    { success: true, results: [{ identifier: 'f', matchLevel: 15 }] },
    { error: true, errorMessage: 'No entry found in the database for this externalDatabaseRefID' },
  ];
  const place = { tenantId: 't', faceId: 'f' };
  return {
    name: 'face-server',
    input: (draw) => answerOf(draw, answers),
    async read(input) {
      const vendor = facetecVendor(
        { url: 'http://face', deviceKey: 'k' },
        { sender: senderOf(input), clock: systemClock },
      );
      const taken = { template: new Uint8Array() };
      const none = async function* (): AsyncGenerator<never> {};
      const asked = [
        () => vendor.sessionToken('a', deadline()),
        () => vendor.take(place, face, policy, deadline()),
        () => vendor.resembling(place, taken, none, policy, deadline()),
        () => vendor.matches(place, taken, face, policy, deadline()),
        () => vendor.forget(place, deadline()),
      ];
      await Promise.all(asked.map((ask) => ask()));
    },
  };
}

function verificationServer(): Decoder {
  const vector = new Float32Array(vectorLength).fill(1 / Math.sqrt(vectorLength));
  const code = { bocv: new Uint32Array(bocvWords), competitive: new Uint32Array(competitiveWords) };
  const bytes = encodeTemplate({ vector, code });
  const template = Buffer.from(bytes).toString('base64');
  const answers = [
    { status: 'ok', vendor: 'v', model: palmModel },
    { model: palmModel, template, quality: 1 },
    { vendor: 'v', comparisons: [{ scores: Array<number>(scoreCount).fill(0.5), fused: 0.5 }] },
    { feature_id: 'f', templates: [template] },
    { error: { code: 'palm_quality_too_low', message: 'm' } },
  ];
  const scan: Scan = { format: 'template', model: palmModel, data: bytes, palmType: 'left' };
  return {
    name: 'verification-server',
    input: (draw) => answerOf(draw, answers),
    async read(input) {
      const server = new RemoteMatcher(senderOf(input), {
        url: 'http://palm',
        apiKey: null,
        timeoutMs: 1_000,
      });
      const asked = [
        () => server.health(),
        () => server.extract(scan),
        () => server.compare(scan, [bytes]),
        () => server.feature('t', 'f', 'left'),
      ];
      await Promise.all(asked.map((ask) => ask()));
    },
  };
}

function identityServers(): Decoder[] {
  const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
  const now = systemClock.now();
  const nafath = (sender: HttpSender) =>
    nafathProvider({ url: 'http://kyc', appId: 'a', appKey: 'k', secret }, sender);
  const callback = { requestId: 'r', transId: 't', status: 'COMPLETED' };
  return [
    {
      name: 'identity-check-server',
      input: (draw) => answerOf(draw, [{ transId: 't', random: '42' }]),
      read: (input) => nafath(senderOf(input)).start({ sessionId: 's', nationalId: '1012345678' } as never),
    },
    {
      name: 'identity-check-callback',
      input: (draw) => Buffer.from(draw.chance(0.9) ? hostileBody(draw, {}, callback) : hostileJson(draw)),
      read(input) {
        const headers = {
          ...signatureHeaders(Buffer.alloc(24, 5), 'id', Buffer.from(input).toString(), now),
        };
        readSigned(secret, { headers, body: input }, now);
        return nafath(senderOf(input)).read({ headers, body: input }, now);
      },
    },
    {
      name: 'retry-after',
      input: (draw) =>
        damaged(
          draw,
          ['120', 'Wed, 21 Oct 2026 07:28:00 GMT', '-1', '1e9'].map((text) => Buffer.from(text)),
        ),
      read: (input) => readRetryAfter(Buffer.from(input).toString('latin1'), now),
    },
  ];
}

export function answerDecoders(): Decoder[] {
  return [faceServer(), verificationServer(), ...identityServers()];
}
