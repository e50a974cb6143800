/** The uploaded certificate of a listener, with its key. */
export interface ServerCertificateRecord {
  readonly listener: 'public';
  /** Leaf first, then its chain. */
  readonly certificatePem: string;
  /** Sealed PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  readonly fingerprint: string;
  readonly uploadedAt: number;
  readonly version: number;
}
