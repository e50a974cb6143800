-- The tables of engine/records.ts. No foreign keys: each command checks in its own transaction what it depends on,
-- and deployment-wide facts belong to a tenant id that is no tenant.

-- Raised by a guard of a commit: the message is the guard's number within its statement.
CREATE FUNCTION thenar_refuse(guard integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TH001', MESSAGE = guard::text;
END
$$;

CREATE TABLE tenants (
  tenant_id uuid PRIMARY KEY,
  name text NOT NULL,
  region text,
  status text NOT NULL,
  config jsonb NOT NULL,
  rotation_key bytea NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);

-- batch_id names the last group commit that moved a head: it is what the next one expects to find.
CREATE TABLE tenant_heads (
  tenant_id uuid PRIMARY KEY,
  audit_seq bigint NOT NULL,
  audit_hash bytea NOT NULL,
  palm_position bigint NOT NULL,
  batch_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
) WITH (fillfactor = 50);

-- One row for each tenant of each running engine, naming its last group commit without audit records.
CREATE TABLE commit_marks (
  lane_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  batch_id uuid NOT NULL,
  at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE console_users (
  console_user_id uuid PRIMARY KEY,
  tenant_id uuid,
  email text NOT NULL,
  name text,
  role text NOT NULL,
  password_hash text NOT NULL,
  status text NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX console_users_email ON console_users (lower(email)) WHERE status <> 'removed';
CREATE INDEX console_users_tenant ON console_users (tenant_id);

CREATE TABLE console_sessions (
  session_hash bytea PRIMARY KEY,
  console_user_id uuid NOT NULL,
  csrf_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX console_sessions_user ON console_sessions (console_user_id);
CREATE INDEX console_sessions_expiry ON console_sessions (expires_at);

CREATE TABLE clients (
  client_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  name text NOT NULL,
  secret_hash bytea NOT NULL,
  scopes jsonb NOT NULL,
  status text NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX clients_tenant ON clients (tenant_id, created_at);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  alg text NOT NULL,
  public_jwk jsonb NOT NULL,
  private_key bytea NOT NULL,
  created_at timestamptz NOT NULL,
  signs_from timestamptz NOT NULL,
  signs_until timestamptz NOT NULL,
  verifies_until timestamptz NOT NULL
);

CREATE TABLE certificate_authorities (
  generation bigint PRIMARY KEY,
  certificate_pem text NOT NULL,
  private_key bytea NOT NULL,
  created_at timestamptz NOT NULL,
  retired_at timestamptz
);

CREATE TABLE settings (
  name text PRIMARY KEY,
  value jsonb,
  version bigint NOT NULL
);

CREATE TABLE users (
  user_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  external_user_id text,
  email text,
  mobile text,
  name text,
  metadata jsonb NOT NULL,
  status text NOT NULL,
  consent_status text NOT NULL,
  palm_restriction text NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX users_external_user_id ON users (tenant_id, external_user_id) WHERE status <> 'deleted';
CREATE INDEX users_tenant ON users (tenant_id, created_at);
CREATE INDEX users_email ON users (tenant_id, email) WHERE email IS NOT NULL;
CREATE INDEX users_mobile ON users (tenant_id, mobile) WHERE mobile IS NOT NULL;

CREATE TABLE devices (
  device_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  device_name text NOT NULL,
  location text NOT NULL,
  device_class text NOT NULL,
  bound_product text,
  bound_action text,
  hardware_id text,
  model text,
  firmware text,
  serial text,
  status text NOT NULL,
  paired_at timestamptz,
  certificate_expires_at timestamptz,
  last_seen_at timestamptz,
  seq bigint NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX devices_hardware_id ON devices (tenant_id, hardware_id) WHERE status <> 'revoked';
CREATE INDEX devices_tenant ON devices (tenant_id, created_at);

CREATE TABLE pairing_codes (
  code_hash bytea PRIMARY KEY,
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX pairing_codes_device ON pairing_codes (device_id);
CREATE INDEX pairing_codes_expiry ON pairing_codes (expires_at);

CREATE TABLE certificates (
  fingerprint text PRIMARY KEY,
  serial text NOT NULL,
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  generation bigint NOT NULL,
  not_before timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  denied_at timestamptz,
  deny_reason text
);
CREATE UNIQUE INDEX certificates_serial ON certificates (generation, serial);
CREATE INDEX certificates_device ON certificates (device_id);
CREATE INDEX certificates_denied ON certificates (denied_at) WHERE denied_at IS NOT NULL;

CREATE TABLE challenges (
  challenge_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  user_id uuid NOT NULL,
  external_user_id text,
  device_id uuid NOT NULL,
  hardware_id text,
  palm_type text,
  replace boolean NOT NULL,
  status text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  presented_at timestamptz,
  accepted_at timestamptz,
  completed_at timestamptz,
  attempts bigint NOT NULL,
  reason text,
  result jsonb,
  feature_ids jsonb,
  idempotency_key text,
  scan_digest bytea,
  version bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX challenges_tenant ON challenges (tenant_id, created_at);
CREATE INDEX challenges_live ON challenges (device_id, created_at)
  WHERE status IN ('pending', 'presented', 'accepted');

CREATE TABLE device_outbox (
  device_id uuid NOT NULL,
  seq bigint NOT NULL,
  tenant_id uuid NOT NULL,
  method text NOT NULL,
  params jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (device_id, seq)
);

CREATE TABLE idempotency (
  tenant_id uuid NOT NULL,
  scope text NOT NULL,
  key text NOT NULL,
  request_digest bytea NOT NULL,
  reply jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, scope, key)
);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

CREATE TABLE palms (
  palm_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hand text NOT NULL,
  model text NOT NULL,
  samples bigint NOT NULL,
  reference text,
  device_id uuid,
  created_at timestamptz NOT NULL
);
CREATE INDEX palms_user ON palms (tenant_id, user_id);

CREATE TABLE palm_log (
  tenant_id uuid NOT NULL,
  position bigint NOT NULL,
  operation text NOT NULL,
  palm_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hand text NOT NULL,
  sample bigint NOT NULL,
  sealed bytea,
  PRIMARY KEY (tenant_id, position)
);
-- Sealed templates are random bytes: trying to compress them is wasted work.
ALTER TABLE palm_log ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX palm_log_palm ON palm_log (palm_id);

CREATE TABLE erasures (
  erasure_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  palm_ids jsonb NOT NULL,
  status text NOT NULL,
  palm_position bigint NOT NULL,
  requested_at timestamptz NOT NULL,
  completed_at timestamptz
);
CREATE INDEX erasures_user ON erasures (tenant_id, user_id);
CREATE INDEX erasures_pending ON erasures (tenant_id) WHERE status = 'pending';

CREATE TABLE audit (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  event_type text NOT NULL,
  severity text NOT NULL,
  actor text NOT NULL,
  user_id uuid,
  at timestamptz NOT NULL,
  details jsonb NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE webhooks (
  webhook_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  name text NOT NULL,
  endpoint text NOT NULL,
  events jsonb NOT NULL,
  status text NOT NULL,
  secret bytea NOT NULL,
  api_key bytea,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX webhooks_name ON webhooks (tenant_id, name);
CREATE UNIQUE INDEX webhooks_endpoint ON webhooks (tenant_id, endpoint);

CREATE TABLE webhook_events (
  event_id text PRIMARY KEY,
  tenant_id uuid NOT NULL,
  event_type text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX webhook_events_tenant ON webhook_events (tenant_id, created_at);

CREATE TABLE deliveries (
  delivery_id text PRIMARY KEY,
  tenant_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  event_id text NOT NULL,
  event_type text NOT NULL,
  status text NOT NULL,
  attempts bigint NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  last_status bigint,
  last_error text,
  created_at timestamptz NOT NULL,
  delivered_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX deliveries_due ON deliveries (status, next_attempt_at);
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, created_at);
CREATE INDEX deliveries_event ON deliveries (event_id);

CREATE TABLE attempts (
  target text PRIMARY KEY,
  failures bigint NOT NULL,
  window_started_at timestamptz NOT NULL,
  locked_until timestamptz
);

CREATE TABLE transactions (
  transaction_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  user_id uuid,
  decision text NOT NULL,
  result jsonb,
  context jsonb NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX transactions_tenant ON transactions (tenant_id, created_at);
CREATE INDEX transactions_user ON transactions (user_id, created_at) WHERE user_id IS NOT NULL;

-- A cache: unlogged, so that it costs no WAL; a crash of the server empties it, which a cache may do.
CREATE UNLOGGED TABLE snapshots (
  key text PRIMARY KEY,
  version bigint NOT NULL,
  state bytea NOT NULL,
  written_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX snapshots_age ON snapshots (written_at);
