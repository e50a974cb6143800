-- Palm administration: versions of thresholds, and the migration from the small to the large palm model.

CREATE TABLE palm_thresholds (
  model text NOT NULL,
  version bigint NOT NULL,
  thresholds jsonb NOT NULL,
  fused jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (model, version)
);

CREATE TABLE palm_migrations (
  migration_id uuid PRIMARY KEY,
  status text NOT NULL,
  phase text NOT NULL,
  min_share jsonb NOT NULL,
  total bigint NOT NULL,
  cursor uuid,
  passed bigint NOT NULL,
  reason text,
  started_at timestamptz NOT NULL,
  started_by text NOT NULL,
  finished_at timestamptz,
  version bigint NOT NULL
);
-- One at a time, whoever asks for it.
CREATE UNIQUE INDEX palm_migrations_running ON palm_migrations ((true)) WHERE status = 'running';

CREATE TABLE palm_migration_users (
  migration_id uuid NOT NULL,
  user_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  outcome text NOT NULL,
  reason text,
  palm_ids jsonb NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (migration_id, user_id)
);
CREATE INDEX palm_migration_users_listed ON palm_migration_users (migration_id, outcome, at);
CREATE INDEX palm_migration_users_user ON palm_migration_users (user_id);

-- The small model's palms as they were, for a roll-back.
CREATE TABLE palm_migration_palms (
  palm_id uuid PRIMARY KEY,
  migration_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hand text NOT NULL,
  reference text NOT NULL,
  device_id uuid,
  created_at timestamptz NOT NULL
);
CREATE INDEX palm_migration_palms_user ON palm_migration_palms (user_id);

-- What a device reports is found by its own name for the palm.
CREATE INDEX palms_reference ON palms (tenant_id, reference) WHERE reference IS NOT NULL;
-- A migration walks over all palms of the small model.
CREATE INDEX palms_model ON palms (model, palm_id);
