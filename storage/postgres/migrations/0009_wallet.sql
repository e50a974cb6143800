-- Wallets: who issues their tokens, whose they are, and the keys of the phones they live on.
CREATE TABLE identity_providers (
  tenant_id uuid PRIMARY KEY,
  issuer text NOT NULL,
  audience text NOT NULL,
  jwks_url text,
  jwks jsonb,
  read_scopes jsonb NOT NULL,
  write_scopes jsonb NOT NULL,
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL
);
-- A token says its tenant by its issuer and audience alone, so that no two tenants may have the same.
CREATE UNIQUE INDEX identity_providers_audience ON identity_providers (issuer, audience);

CREATE TABLE wallet_users (
  tenant_id uuid NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, issuer, subject)
);
CREATE UNIQUE INDEX wallet_users_user ON wallet_users (tenant_id, user_id);

CREATE TABLE wallet_devices (
  device_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  key_point bytea NOT NULL,
  verifying_key text NOT NULL,
  device_name text,
  registered_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX wallet_devices_key ON wallet_devices (tenant_id, key_point);
CREATE INDEX wallet_devices_user ON wallet_devices (tenant_id, user_id, registered_at);
