/** Requests and replies as document 003 (API reference) and document 000 section 14.4 show them. */
import type { Example } from '../../http/facade.ts';

const challengeId = 'c4a5dbe7-ae49-4c28-9cdb-9f4558156160';
const employee = { employee_id: 'EMP-4421', department: 'Engineering' };

export const examples: Readonly<Record<string, Example>> = {
  issueToken: {
    request: {
      grant_type: 'client_credentials',
      client_id: '06a4dc18-b06c-4e1c-ad25-204d44bf0c71',
      client_secret: 'cs_live_xxx',
    },
    reply: {
      success: true,
      access_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...',
      token_type: 'Bearer',
      expires_in: 3600,
    },
  },
  registerDevice: {
    request: { device_name: 'Scanner-04', location: 'Main Entrance' },
    reply: {
      success: true,
      data: {
        device_id: 'cced6e19-7e3b-4013-bc04-8bd2efc57e22',
        device_name: 'Scanner-04',
        location: 'Main Entrance',
        device_class: 'personal',
        created_at: '2026-06-08T14:08:43.151Z',
        pairing_code: 'mdxglt2xg',
        expires_in: 1800,
      },
      message: 'Enter this pairing code on the physical scanner to complete provisioning.',
    },
  },
  createEnrolmentOfBoth: {
    request: { external_user_id: 'emp-4421', hardware_id: 'hardware_local_002', metadata: employee },
    reply: {
      success: true,
      data: {
        challenge_id: challengeId,
        type: 'enroll',
        external_user_id: 'emp-4421',
        hardware_id: 'hardware_local_002',
        palm_type: 'both',
        status: 'pending',
        expires_at: '2026-06-08T15:08:43.151Z',
        metadata: employee,
      },
      message: 'Enrollment challenge created.',
    },
  },
  createVerification: {
    request: {
      external_user_id: 'emp-4421',
      hardware_id: 'hardware_local_002',
      metadata: { document_id: 'doc_123', document_hash: 'sha256' },
    },
  },
  createWebhook: {
    request: {
      name: 'Production Events',
      events: ['device.paired', 'enrollment.complete', 'verification.complete'],
      endpoint: 'https://yourapp.example.com/webhooks/identity',
      api_key: 'whsec_your_secret_key_here',
    },
  },
  createTransaction: {
    reply: {
      decision: 'allow',
      display_message: 'Approved · SAR 50.00',
      product_reference: 'wal_txn_889',
      status: 'completed',
    },
  },
  completeChallenge: {
    reply: {
      status: 'completed',
      challenge_id: challengeId,
      user_id: '7b9957e2-c85f-4f9e-abe1-8aca9b6de70d',
      confidence: 0.9997,
      timestamp: '2026-02-25T10:00:00.000Z',
      metadata: { document_id: 'doc_123', document_hash: 'sha256' },
      matched: true,
    },
  },
};
