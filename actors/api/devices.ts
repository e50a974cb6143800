/** Scanners: registering, pairing, certificates. */
import type { DeviceClass, DeviceRecord, JsonObject } from '../../engine/records.ts';
import type { Call, DeviceCall, TenantCall } from '../calls.ts';
import type { DeviceReference, Page, PageQuery, Sorting } from './common.ts';

export interface RegisterDevice {
  readonly deviceName: string;
  readonly location: string;
  readonly deviceClass?: DeviceClass;
  readonly boundProduct?: string | null;
  readonly boundAction?: string | null;
}

export interface PairDevice {
  readonly pairingCode: string;
  readonly csr: string;
  readonly deviceInfo: {
    readonly model?: string;
    readonly firmware?: string;
    readonly serial?: string;
    readonly hardwareId: string;
  };
}

export interface IssuedCertificate {
  readonly deviceId: string;
  readonly certificatePem: string;
  readonly caChainPem: string;
  readonly expiresAt: number;
  readonly status: DeviceRecord['status'];
}

/** What OCSP answers. */
export interface StatusAnswer {
  /** DER; refusals too, which OCSP has its own of. */
  readonly der: Uint8Array;
  /** Seconds for which others who ask the same may be given it; 0 when nobody may. */
  readonly maxAgeS: number;
}

/** A device as it is now. */
export type DeviceShown = DeviceRecord & { readonly online: boolean };

export interface DeviceQuery
  extends PageQuery,
    Sorting<'createdAt' | 'deviceName' | 'location' | 'status' | 'lastSeenAt' | 'certificateExpiresAt'> {
  readonly status?: DeviceRecord['status'];
  readonly deviceClass?: DeviceClass;
  readonly online?: boolean;
  readonly boundProduct?: string;
  readonly hardwareId?: string;
  /** Epoch milliseconds. */
  readonly certificateExpiresBefore?: number;
}

export interface DevicesApi {
  register(
    call: TenantCall,
    input: RegisterDevice,
  ): Promise<{ device: DeviceRecord; pairingCode: string; expiresInS: number }>;
  list(call: TenantCall, query: DeviceQuery): Promise<Page<DeviceShown>>;
  get(call: TenantCall, device: DeviceReference): Promise<DeviceShown>;
  update(call: TenantCall, deviceId: string, input: Partial<RegisterDevice>): Promise<DeviceRecord>;
  revoke(call: TenantCall, deviceId: string): Promise<void>;
  /** Its socket closes and its calls are refused until it is reactivated. */
  suspend(call: TenantCall, deviceId: string): Promise<DeviceRecord>;
  reactivate(call: TenantCall, deviceId: string): Promise<DeviceRecord>;
  /** Of a device that is there already: to pair it again, or for the first time after its code expired. */
  renewPairingCode(
    call: TenantCall,
    deviceId: string,
  ): Promise<{ readonly pairingCode: string; readonly expiresInS: number }>;
  /** Unauthenticated; attempt-limited by address and deployment. */
  pair(call: Call, input: PairDevice): Promise<IssuedCertificate>;
  renew(call: DeviceCall, input: { csr: string }): Promise<IssuedCertificate>;
  /** A report of the device itself (firmware, battery, …). */
  report(call: DeviceCall, input: JsonObject): Promise<void>;
  /**
   * DER of the certificate revocation list of a CA generation, by default the current one. @throws not_found
   */
  crl(generation?: number): Promise<Uint8Array>;
  /** Answers an OCSP request (DER) about certificates of any CA generation. */
  ocsp(call: Call, request: Uint8Array): Promise<StatusAnswer>;
  /** Every CA that is trusted, as PEM, the one that issues first. */
  caPem(): string;
}
