-- Linked services, and transactions that are asked before they are decided.

CREATE TABLE linked_services (
  service_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  product_key text NOT NULL,
  base_url text NOT NULL,
  authorize_path text NOT NULL,
  health_path text,
  timeout_ms bigint NOT NULL,
  fail_mode text NOT NULL,
  secret bytea NOT NULL,
  last_health_check_at timestamptz,
  health_failures bigint NOT NULL,
  version bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX linked_services_product ON linked_services (tenant_id, product_key);

-- Empty but for the questions under way: read whole at every start.
CREATE TABLE transaction_intents (
  transaction_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  device_id uuid NOT NULL,
  service_id uuid NOT NULL,
  user_id uuid NOT NULL,
  idempotency_key text NOT NULL,
  request text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX transaction_intents_age ON transaction_intents (created_at);

-- A transaction whose service is being asked has no decision yet.
ALTER TABLE transactions ALTER COLUMN decision DROP NOT NULL;
ALTER TABLE transactions ADD COLUMN state text NOT NULL DEFAULT 'decided';
ALTER TABLE transactions ADD COLUMN decided_by text;
ALTER TABLE transactions ADD COLUMN reason text;
ALTER TABLE transactions ADD COLUMN product_key text;
ALTER TABLE transactions ADD COLUMN product_reference text;
ALTER TABLE transactions ADD COLUMN decided_at timestamptz;

-- How the list of devices is filtered.
CREATE INDEX devices_product ON devices (tenant_id, bound_product) WHERE bound_product IS NOT NULL;
