/** TLS administration of the deployment. Refused uploads are `certificate_invalid` with `details: {part, reason}`. */
import type { CertificateFacts } from '../../engine/pki/facts.ts';
import type { UploadedParts } from '../../engine/pki/uploaded.ts';
import type { Call } from '../calls.ts';
import type { DevicePolicy } from '../context.ts';

export interface CertificateView extends CertificateFacts {
  /** Whole days until it runs out; negative once it has. */
  readonly daysRemaining: number;
  readonly certificatePem: string;
}

export interface ServerCertificateView extends CertificateView {
  readonly uploadedAt: number;
}

export interface AuthorityView extends CertificateView {
  readonly generation: number;
  /** Device certificates of any trusted generation that still stand. */
  readonly deviceCertificates: number;
  /** Generations before it whose device certificates still stand. */
  readonly stillTrusted: readonly number[];
}

export interface TlsStatus {
  readonly serverCertConfigured: boolean;
  readonly platformCaConfigured: boolean;
  readonly setupComplete: boolean;
  /** The public listener speaks HTTPS. */
  readonly https: boolean;
  /** The certificate was removed and is served until the next start. */
  readonly restartPending: boolean;
}

export interface TlsApi {
  /** @throws not_found when none is configured */
  serverCertificate(): ServerCertificateView;
  /** Resolves once new connections get it. @throws certificate_invalid */
  uploadServerCertificate(call: Call, parts: UploadedParts): Promise<ServerCertificateView>;
  /** From the next start on the public listener is plain HTTP. @throws not_found */
  removeServerCertificate(call: Call): Promise<void>;
  authority(): Promise<AuthorityView>;
  /**
   * A CA of the operator's from now on; device certificates of the one before stand until they run out.
   * @throws certificate_invalid, conflict, limit_reached
   */
  uploadAuthority(call: Call, parts: UploadedParts): Promise<AuthorityView>;
  /** @throws platform_ca_in_use when devices hold certificates of the one there is */
  generateAuthority(call: Call): Promise<AuthorityView>;
  /** Every device certificate is invalid from now on, and every scanner's socket closed. */
  regenerateAuthority(call: Call): Promise<AuthorityView>;
  devicePolicy(): DevicePolicy;
  /** @throws validation_failed when the renewal window is not shorter than the validity */
  setDevicePolicy(call: Call, change: Partial<DevicePolicy>): Promise<DevicePolicy>;
  status(): TlsStatus;
}
