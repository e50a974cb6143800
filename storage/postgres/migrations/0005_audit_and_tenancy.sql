-- Audit records in monthly partitions, signed checkpoints of their chains, and the end of a tenant's life.

ALTER TABLE tenants
  -- When a tenant that is being deactivated is erased.
  ADD COLUMN erase_at timestamptz,
  -- Erasing has begun and cannot be called off; null again once nothing is left to erase.
  ADD COLUMN erasing_since timestamptz,
  -- The configuration's last change: scanners that were away since then are told it when they come back.
  ADD COLUMN configured_at timestamptz;
CREATE INDEX tenants_created ON tenants (created_at);

ALTER TABLE audit RENAME TO audit_before;
ALTER INDEX audit_pkey RENAME TO audit_before_pkey;

-- A unique index of a partitioned table must hold its partition key. That a tenant's seq is unique all the same
-- follows from its head: each group commit moves it from the one before, or is refused.
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
  PRIMARY KEY (tenant_id, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_at ON audit (tenant_id, at);
CREATE INDEX audit_event_type ON audit (tenant_id, event_type, at);
CREATE INDEX audit_actor ON audit (tenant_id, actor, at);
CREATE INDEX audit_user ON audit (tenant_id, user_id, at) WHERE user_id IS NOT NULL;
CREATE INDEX audit_severity ON audit (tenant_id, severity, at) WHERE severity <> 'info';

-- Takes what no month's partition takes, so that an insert never fails for want of one.
CREATE TABLE audit_default PARTITION OF audit DEFAULT;

-- Makes the partition of the month that a moment lies in; false when it is there. What the default partition took of
-- that month moves over.
CREATE FUNCTION thenar_audit_month(moment timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  begins timestamptz := date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  ends timestamptz := (date_trunc('month', moment AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
  part text := 'audit_y' || to_char(begins AT TIME ZONE 'UTC', 'YYYY"m"MM');
BEGIN
  IF to_regclass(part) IS NOT NULL THEN RETURN false; END IF;
  -- Nobody adds to the default partition meanwhile; whoever wants to waits, and is then sent to the month's own.
  LOCK TABLE audit_default IN ACCESS EXCLUSIVE MODE;
  IF to_regclass(part) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE audit)', part);
  EXECUTE format(
    'WITH moved AS (DELETE FROM audit_default WHERE at >= %L AND at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
    begins, ends, part
  );
  EXECUTE format('ALTER TABLE audit ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, begins, ends);
  RETURN true;
END
$$;

SELECT thenar_audit_month(month)
  FROM (SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month FROM audit_before) AS months;
INSERT INTO audit SELECT * FROM audit_before;
DROP TABLE audit_before;

-- The key that signs checkpoints stays as long as they do; keys of tokens do not.
CREATE TABLE audit_keys (
  kid text PRIMARY KEY,
  private_key bytea NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE audit_checkpoints (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  at timestamptz NOT NULL,
  jws text NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
