import type { Descriptions } from './description.ts';

export const tls = {
  serverCertificates: {
    key: ['listener'],
    columns: {
      listener: 'text',
      certificatePem: 'text',
      privateKey: 'bytes',
      fingerprint: 'text',
      uploadedAt: 'time',
      version: 'integer',
    },
  },
} as const satisfies Partial<Descriptions>;
