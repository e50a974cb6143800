-- Faces of wallet users, the key shares they back up, and what they did.

CREATE TABLE faces (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  face_id uuid NOT NULL,
  vendor text NOT NULL,
  status text NOT NULL,
  sealed bytea,
  created_at timestamptz NOT NULL,
  registered_at timestamptz,
  attempts bigint NOT NULL,
  forgiven bigint NOT NULL,
  locked_until timestamptz,
  version bigint NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);
-- Registrations that were cut off, and faces that a vendor is still to forget.
CREATE INDEX faces_unsettled ON faces (status, created_at) WHERE status <> 'registered';

CREATE TABLE wallet_keys (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  key_id text NOT NULL,
  algorithm text NOT NULL,
  public_key text NOT NULL,
  threshold bigint NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id, key_id)
);

CREATE TABLE key_shares (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  key_id text NOT NULL,
  party text NOT NULL,
  version bigint NOT NULL,
  threshold bigint NOT NULL,
  mark bytea NOT NULL,
  sealed bytea NOT NULL,
  stored_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id, key_id, party, version)
);

CREATE TABLE wallet_transactions (
  transaction_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  type text NOT NULL,
  status text NOT NULL,
  details jsonb NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX wallet_transactions_user ON wallet_transactions (tenant_id, user_id, created_at);
CREATE INDEX wallet_transactions_age ON wallet_transactions (created_at);
