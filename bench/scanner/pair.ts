import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { makeScannerKey } from './keys.ts';

/** What a scanner keeps from its pairing: all it needs to connect. */
export interface Credentials {
  readonly deviceId: string;
  readonly hardwareId: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly caChainPem: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface DeviceInfo {
  readonly hardwareId: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly serial?: string;
}

/** A refusal over REST or the socket. `code` is the engine's error code. */
export class ScannerError extends Error {
  override readonly name = 'ScannerError';
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * Pairs a scanner: makes its key, sends the request with the one-time code, keeps the certificate.
 * @param publicUrl base of the public listener, `http://127.0.0.1:8080`
 * @throws ScannerError with the platform's code (`pairing_code_invalid`, `pairing_code_expired`, …)
 */
export async function pair(publicUrl: string, pairingCode: string, info: DeviceInfo): Promise<Credentials> {
  const { keyPem, csrPem } = await makeScannerKey(info.hardwareId);
  const { hardwareId, ...rest } = info;
  const response = await fetch(new URL('/v1/devices/pair', publicUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      pairing_code: pairingCode,
      csr: csrPem,
      device_info: { ...rest, hardware_id: hardwareId },
    }),
  });
  const reply = (await response.json()) as PairReply;
  if (!response.ok) {
    const { code = 'internal', message = `status ${response.status}`, details } = reply.error ?? {};
    throw new ScannerError(code, message, details);
  }
  return {
    deviceId: reply.device_id,
    hardwareId,
    certificatePem: reply.certificate,
    keyPem,
    caChainPem: reply.ca_chain,
    expiresAt: reply.expires_at,
  };
}

interface PairReply {
  readonly device_id: string;
  readonly certificate: string;
  readonly ca_chain: string;
  readonly expires_at: string;
  readonly error?: { readonly code?: string; readonly message?: string; readonly details?: unknown };
}

/**
 * Keeps credentials in a file only its owner reads, since it holds the private key. A crash in the middle of a
 * renewal leaves the old ones.
 */
export function saveCredentials(file: string, credentials: Credentials): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, file);
}

export function loadCredentials(file: string): Credentials {
  return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
}
