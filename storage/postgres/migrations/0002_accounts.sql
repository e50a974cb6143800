-- Accounts of end users, their sign-ins, codes and links on their way, and messages that wait to be sent.

CREATE TABLE user_credentials (
  user_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  email text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX user_credentials_email ON user_credentials (tenant_id, email);

CREATE TABLE user_sessions (
  session_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  client_id uuid NOT NULL,
  scopes jsonb NOT NULL,
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX user_sessions_user ON user_sessions (tenant_id, user_id);
CREATE INDEX user_sessions_client ON user_sessions (client_id);
CREATE INDEX user_sessions_expiry ON user_sessions (expires_at);

CREATE TABLE account_links (
  token_hash bytea PRIMARY KEY,
  tenant_id uuid NOT NULL,
  kind text NOT NULL,
  email text NOT NULL,
  user_id uuid,
  name text,
  password_hash text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX account_links_email ON account_links (tenant_id, email);
CREATE INDEX account_links_user ON account_links (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX account_links_expiry ON account_links (expires_at);

CREATE TABLE one_time_codes (
  code_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  purpose text NOT NULL,
  target text NOT NULL,
  code_hash bytea NOT NULL,
  device_id uuid,
  attempts bigint NOT NULL,
  outcome jsonb,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX one_time_codes_target ON one_time_codes (tenant_id, target);
CREATE INDEX one_time_codes_expiry ON one_time_codes (expires_at);

CREATE TABLE messages (
  message_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  channel text NOT NULL,
  sealed bytea NOT NULL,
  attempts bigint NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX messages_due ON messages (tenant_id, next_attempt_at);

-- A deleted client's tokens are refused for the rest of their life, so a start must know when it was deleted.
ALTER TABLE clients ADD COLUMN deleted_at timestamptz;
CREATE INDEX clients_deleted ON clients (deleted_at) WHERE deleted_at IS NOT NULL;
-- Failures that are long forgotten are swept.
CREATE INDEX attempts_age ON attempts (window_started_at);
