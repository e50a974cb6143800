-- Users with what else is known of them: identities, consents, and the numbers of a tenant.

ALTER TABLE users ADD COLUMN kyc_status text NOT NULL DEFAULT 'not_started';
-- Palms enrolled; kept by a trigger on palms, so that no command can forget it.
ALTER TABLE users ADD COLUMN palm_count bigint NOT NULL DEFAULT 0;
UPDATE users SET palm_count = counted.n
  FROM (SELECT user_id, count(*) AS n FROM palms GROUP BY user_id) AS counted
  WHERE users.user_id = counted.user_id;

-- An e-mail address and a mobile number name one user of a tenant: people sign in with them.
DROP INDEX users_email;
DROP INDEX users_mobile;
CREATE UNIQUE INDEX users_email ON users (tenant_id, email) WHERE email IS NOT NULL AND status <> 'deleted';
CREATE UNIQUE INDEX users_mobile ON users (tenant_id, mobile) WHERE mobile IS NOT NULL AND status <> 'deleted';
CREATE INDEX users_name ON users (tenant_id, name);
CREATE INDEX users_external ON users (tenant_id, external_user_id);
CREATE INDEX users_status ON users (tenant_id, status, created_at);

-- What a search looks through, folded to lower case by ICU's rules where the server has them (a database of locale C
-- folds ASCII only).
DO $$
DECLARE
  folding text := CASE WHEN EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')
    THEN ' COLLATE "und-x-icu"' ELSE '' END;
BEGIN
  EXECUTE format(
    'ALTER TABLE users ADD COLUMN search_text text GENERATED ALWAYS AS (lower(('
    'coalesce(name, '''') || chr(10) || coalesce(email, '''') || chr(10) || '
    'coalesce(mobile, '''') || chr(10) || coalesce(external_user_id, ''''))%s)) STORED', folding);
END
$$;

-- Trigrams make searching within texts an index scan. A server without the extension, or a role that may not add it,
-- reads the tenant's rows instead: slower, with the same answer.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX users_search ON users USING gin (search_text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
  RAISE NOTICE 'searching users goes without an index: %', SQLERRM;
END
$$;

-- Identities that no column of users holds. The value is sealed; its keyed hash makes it unique and findable.
CREATE TABLE identities (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  type text NOT NULL,
  value_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  linked_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id, type)
);
CREATE UNIQUE INDEX identities_value ON identities (tenant_id, type, value_hash);

-- One row for each kind of consent of a user: what stands now. How it came about is in the audit log.
CREATE TABLE consents (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  consent_type text NOT NULL,
  consent_version text NOT NULL,
  status text NOT NULL,
  channel text,
  granted_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  version bigint NOT NULL,
  PRIMARY KEY (tenant_id, user_id, consent_type)
);
CREATE INDEX consents_tenant ON consents (tenant_id, granted_at);

CREATE INDEX challenges_user ON challenges (tenant_id, user_id, created_at);
CREATE INDEX audit_of_user ON audit (tenant_id, user_id, seq) WHERE user_id IS NOT NULL;

-- How many users of a tenant are in each state, so that nobody has to count them. Triggers keep the numbers in the
-- transaction that changes the users, whoever writes it; they work on whole statements, because a counter touched
-- once a row would be as many row versions as there are rows.
CREATE TABLE tenant_counters (
  tenant_id uuid NOT NULL,
  subject text NOT NULL,
  value text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (tenant_id, subject, value)
) WITH (fillfactor = 50);

-- What one user adds to the counters. A deleted one is only that.
CREATE FUNCTION thenar_user_facts(status text, kyc_status text, consent_status text, palm_count bigint)
RETURNS TABLE (subject text, value text) LANGUAGE sql IMMUTABLE AS $$
  SELECT 'user_status', status
  UNION ALL SELECT 'kyc_status', kyc_status WHERE status <> 'deleted'
  UNION ALL SELECT 'consent_status', consent_status WHERE status <> 'deleted'
  UNION ALL SELECT 'palm_enrolled', CASE WHEN palm_count > 0 THEN 'yes' ELSE 'no' END WHERE status <> 'deleted'
$$;

CREATE FUNCTION thenar_tally(tenant uuid, of_subject text, of_value text, change bigint)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO tenant_counters AS c (tenant_id, subject, value, count) VALUES (tenant, of_subject, of_value, change)
  ON CONFLICT (tenant_id, subject, value) DO UPDATE SET count = c.count + excluded.count
$$;

CREATE FUNCTION thenar_users_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM thenar_tally(u.tenant_id, f.subject, f.value, count(*))
    FROM added u, thenar_user_facts(u.status, u.kyc_status, u.consent_status, u.palm_count) f
    GROUP BY u.tenant_id, f.subject, f.value;
  RETURN NULL;
END
$$;
CREATE FUNCTION thenar_users_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM thenar_tally(u.tenant_id, f.subject, f.value, -count(*))
    FROM removed u, thenar_user_facts(u.status, u.kyc_status, u.consent_status, u.palm_count) f
    GROUP BY u.tenant_id, f.subject, f.value;
  RETURN NULL;
END
$$;
CREATE FUNCTION thenar_users_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM thenar_tally(c.tenant_id, c.subject, c.value, sum(c.change)::bigint)
    FROM (
      SELECT u.tenant_id, f.subject, f.value, 1 AS change
        FROM added u, thenar_user_facts(u.status, u.kyc_status, u.consent_status, u.palm_count) f
      UNION ALL
      SELECT u.tenant_id, f.subject, f.value, -1
        FROM removed u, thenar_user_facts(u.status, u.kyc_status, u.consent_status, u.palm_count) f
    ) c
    GROUP BY c.tenant_id, c.subject, c.value
    HAVING sum(c.change) <> 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER users_added AFTER INSERT ON users
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION thenar_users_added();
CREATE TRIGGER users_removed AFTER DELETE ON users
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION thenar_users_removed();
CREATE TRIGGER users_changed AFTER UPDATE ON users
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION thenar_users_changed();

CREATE FUNCTION thenar_palms_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET palm_count = palm_count + p.n
    FROM (SELECT user_id, count(*) AS n FROM added GROUP BY user_id) p WHERE users.user_id = p.user_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION thenar_palms_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET palm_count = palm_count - p.n
    FROM (SELECT user_id, count(*) AS n FROM removed GROUP BY user_id) p WHERE users.user_id = p.user_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER palms_added AFTER INSERT ON palms
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION thenar_palms_added();
CREATE TRIGGER palms_removed AFTER DELETE ON palms
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION thenar_palms_removed();

INSERT INTO tenant_counters (tenant_id, subject, value, count)
  SELECT u.tenant_id, f.subject, f.value, count(*)
  FROM users u, thenar_user_facts(u.status, u.kyc_status, u.consent_status, u.palm_count) f
  GROUP BY u.tenant_id, f.subject, f.value;

-- Palms that were recognised and palms that were not, by whole hours.
CREATE TABLE auth_activity (
  tenant_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  succeeded bigint NOT NULL,
  failed bigint NOT NULL,
  PRIMARY KEY (tenant_id, hour)
) WITH (fillfactor = 50);

CREATE FUNCTION thenar_activity(tenant uuid, at timestamptz, success boolean) RETURNS void LANGUAGE sql AS $$
  INSERT INTO auth_activity AS a (tenant_id, hour, succeeded, failed)
  VALUES (tenant, date_trunc('hour', at, 'UTC'), success::int, (NOT success)::int)
  ON CONFLICT (tenant_id, hour) DO UPDATE
  SET succeeded = a.succeeded + excluded.succeeded, failed = a.failed + excluded.failed
$$;
CREATE FUNCTION thenar_transaction_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM thenar_activity(NEW.tenant_id, NEW.created_at, NEW.user_id IS NOT NULL);
  RETURN NULL;
END
$$;
CREATE FUNCTION thenar_verification_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM thenar_activity(NEW.tenant_id, NEW.completed_at, NEW.status = 'completed');
  RETURN NULL;
END
$$;
CREATE TRIGGER transactions_decided AFTER INSERT ON transactions
  FOR EACH ROW EXECUTE FUNCTION thenar_transaction_decided();
CREATE TRIGGER challenges_decided AFTER UPDATE ON challenges
  FOR EACH ROW
  WHEN (NEW.type = 'verify' AND OLD.completed_at IS NULL AND NEW.completed_at IS NOT NULL AND NEW.result IS NOT NULL)
  EXECUTE FUNCTION thenar_verification_decided();

INSERT INTO auth_activity (tenant_id, hour, succeeded, failed)
  SELECT tenant_id, date_trunc('hour', at, 'UTC'), count(*) FILTER (WHERE success), count(*) FILTER (WHERE NOT success)
  FROM (
    SELECT tenant_id, created_at AS at, user_id IS NOT NULL AS success FROM transactions
    UNION ALL
    SELECT tenant_id, completed_at, status = 'completed' FROM challenges
      WHERE type = 'verify' AND result IS NOT NULL AND completed_at IS NOT NULL
  ) decided
  GROUP BY 1, 2;
