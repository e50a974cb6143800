-- What is said of people is sealed before it comes here. Beside a value that rows are found by stands its mark, a keyed
-- hash; nothing else of it can be compared, ordered or searched.
--
-- A database from before holds such values as they are, and values sealed under keys that are no more: it is refused
-- rather than half understood.
DO $$
BEGIN
  IF EXISTS (SELECT FROM tenants) THEN
    RAISE EXCEPTION 'this database was made by a version that kept what is said of people as it is';
  END IF;
END
$$;

ALTER TABLE users
  DROP COLUMN search_text,
  DROP COLUMN external_user_id, DROP COLUMN email, DROP COLUMN mobile, DROP COLUMN name, DROP COLUMN metadata,
  ADD COLUMN external_user_id bytea, ADD COLUMN external_user_id_mark bytea,
  ADD COLUMN email bytea, ADD COLUMN email_mark bytea,
  ADD COLUMN mobile bytea, ADD COLUMN mobile_mark bytea,
  ADD COLUMN name bytea,
  ADD COLUMN metadata bytea NOT NULL;
CREATE UNIQUE INDEX users_external_user_id ON users (tenant_id, external_user_id_mark)
  WHERE external_user_id_mark IS NOT NULL AND status <> 'deleted';
CREATE UNIQUE INDEX users_email ON users (tenant_id, email_mark) WHERE email_mark IS NOT NULL AND status <> 'deleted';
CREATE UNIQUE INDEX users_mobile ON users (tenant_id, mobile_mark) WHERE mobile_mark IS NOT NULL AND status <> 'deleted';

ALTER TABLE challenges
  DROP COLUMN external_user_id, DROP COLUMN metadata, DROP COLUMN receipt,
  ADD COLUMN external_user_id bytea, ADD COLUMN metadata bytea, ADD COLUMN receipt bytea;
ALTER TABLE device_outbox DROP COLUMN params, ADD COLUMN params bytea NOT NULL;
ALTER TABLE transactions DROP COLUMN context, ADD COLUMN context bytea NOT NULL;
ALTER TABLE transaction_intents DROP COLUMN request, ADD COLUMN request bytea NOT NULL;
ALTER TABLE webhook_events DROP COLUMN body, ADD COLUMN body bytea NOT NULL;
ALTER TABLE audit ALTER COLUMN details TYPE bytea USING convert_to(details::text, 'UTF8');
ALTER TABLE idempotency DROP COLUMN reply, ADD COLUMN reply bytea NOT NULL, ADD COLUMN reply_mark bytea NOT NULL;

ALTER TABLE user_credentials DROP COLUMN email, ADD COLUMN email bytea NOT NULL, ADD COLUMN email_mark bytea NOT NULL;
CREATE UNIQUE INDEX user_credentials_email ON user_credentials (tenant_id, email_mark);
ALTER TABLE account_links
  DROP COLUMN email, DROP COLUMN name,
  ADD COLUMN email bytea NOT NULL, ADD COLUMN email_mark bytea NOT NULL, ADD COLUMN name bytea;
CREATE INDEX account_links_email ON account_links (tenant_id, email_mark);
ALTER TABLE one_time_codes
  DROP COLUMN target, ADD COLUMN target bytea NOT NULL, ADD COLUMN target_mark bytea NOT NULL;
CREATE INDEX one_time_codes_target ON one_time_codes (tenant_id, target_mark);
ALTER TABLE console_users
  DROP COLUMN email, DROP COLUMN name,
  ADD COLUMN email bytea NOT NULL, ADD COLUMN email_mark bytea NOT NULL, ADD COLUMN name bytea;
CREATE UNIQUE INDEX console_users_email ON console_users (email_mark) WHERE status <> 'removed';

ALTER TABLE wallet_users
  DROP CONSTRAINT wallet_users_pkey,
  DROP COLUMN subject, ADD COLUMN subject bytea NOT NULL, ADD COLUMN subject_mark bytea NOT NULL;
DROP INDEX wallet_users_user;
ALTER TABLE wallet_users ADD PRIMARY KEY (tenant_id, user_id);
CREATE UNIQUE INDEX wallet_users_subject ON wallet_users (tenant_id, issuer, subject_mark);
ALTER TABLE wallet_devices DROP COLUMN device_name, ADD COLUMN device_name bytea;
ALTER TABLE wallet_transactions DROP COLUMN details, ADD COLUMN details bytea NOT NULL;
