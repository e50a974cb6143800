/** Requests, replies and payloads as the documents print them: 003, and section 14.4 of 000. */

export const token = {
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
};

export const device = {
  request: { device_name: 'Scanner-04', location: 'Main Entrance' },
  reply: {
    success: true,
    data: {
      device_id: 'cced6e19-7e3b-4013-bc04-8bd2efc57e22',
      device_name: 'Scanner-04',
      location: 'Main Entrance',
      created_at: '2026-06-08T14:08:43.151246Z',
      pairing_code: 'mdxglt2xg',
      expires_in: 1800,
    },
    message: 'Enter this pairing code on the physical scanner to complete provisioning.',
  },
};

export const enrolment = {
  request: {
    external_user_id: '{{external_user_id}}',
    hardware_id: 'hardware_local_002',
    metadata: { employee_id: 'EMP-4421', department: 'Engineering' },
  },
  reply: {
    success: true,
    data: {
      challenge_id: 'c4a5dbe7-ae49-4c28-9cdb-9f4558156160',
      type: 'enroll',
      external_user_id: '{{external_user_id}}',
      hardware_id: 'hardware_local_002',
      palm_type: 'both',
      status: 'pending',
      expires_at: '2026-06-08T15:08:43.151246Z',
      metadata: { employee_id: 'EMP-4421', department: 'Engineering' },
    },
    message: 'Enrollment challenge created.',
  },
};

export const verification = {
  external_user_id: '{{external_user_id}}',
  hardware_id: '{{hardware_id}}',
  metadata: { document_id: 'doc_123', document_hash: 'sha256' },
};

export const webhook = {
  name: 'Production Events',
  events: ['device.paired', 'enrollment.complete', 'verification.complete'],
  endpoint: 'https://yourapp.example.com/webhooks/identity',
  api_key: 'whsec_your_secret_key_here',
};

export const headers = {
  'content-type': 'application/json',
  'x-link-event': 'verification.complete',
  'x-link-delivery': 'del_a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  'user-agent': 'LinkIdentity-Webhook/1.0',
  'x-api-key': 'whsec_your_secret_key_here',
};

export const paired = {
  event_id: 'evt_a1b2c3d4e5f6789012345678abcdef01',
  event_type: 'device.paired',
  tenant_id: 'd1e2f3a4-b5c6-7890-abcd-ef1234567890',
  timestamp: '2026-06-08T14:32:11.123456Z',
  data: {
    hardware_id: 'hardware_local_002',
    device_name: 'Lobby Scanner',
    location: 'Lobby',
    status: 'paired',
    paired_at: '2026-06-08T14:32:10.987654Z',
    cert_valid_until: '2026-09-06T14:32:10.987654Z',
  },
};

export const enrolled = {
  event_id: 'evt_b2c3d4e5f6789012345678abcdef012345',
  event_type: 'enrollment.complete',
  tenant_id: 'd1e2f3a4-b5c6-7890-abcd-ef1234567890',
  timestamp: '2026-06-08T14:35:22.456789Z',
  data: {
    user_id: '7b9957e2-c85f-4f9e-abe1-8aca9b6de70d',
    feature_id: 'fid-fixture-001',
    palm_type: 'right',
    hardware_id: 'hardware_local_002',
    challenge_id: 'c4a5dbe7-ae49-4c28-9cdb-9f4558156160',
    enrolled_at: '2026-06-08T14:35:21.912955Z',
    vendor: 'mock',
    metadata: { source: 'mobile-app' },
  },
};

export const verified = {
  event_id: 'evt_c3d4e5f6789012345678abcdef01234567',
  event_type: 'verification.complete',
  tenant_id: 'd1e2f3a4-b5c6-7890-abcd-ef1234567890',
  timestamp: '2026-06-08T14:40:33.789012Z',
  data: {
    challenge_id: 'ea1d1e69-f63f-401d-a5b6-6429534bff60',
    user_id: '7b9957e2-c85f-4f9e-abe1-8aca9b6de70d',
    matched: true,
    scores: [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.9],
    thresholds: [0.7072, 0.7253, 0.7018, 0.7211, 0.7426, 0.6929, 0.685, 0.71, 0.7526, 0.7004],
    match_policy: 'all_thresholds',
    latency_ms: 180,
    vendor: 'mock',
    verified_at: '2026-06-08T14:40:32.500000Z',
    metadata: { session_id: 'sess_0099', access_point: 'turnstile-7' },
  },
};

/** 000, section 14.4. */
export const decision = {
  decision: 'allow',
  display_message: 'Approved · SAR 50.00',
  product_reference: 'wal_txn_889',
  status: 'completed',
};

/** 000, section 14.4. */
export const completion = {
  status: 'completed',
  challenge_id: 'ch_abc',
  user_id: 'user_123',
  confidence: 0.9997,
  timestamp: '2026-02-25T10:00:00Z',
  metadata: { document_id: 'doc_123', document_hash: 'sha256' },
};
