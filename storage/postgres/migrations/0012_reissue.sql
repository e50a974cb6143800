-- Which protection a template is stored under (null: from before there were masks, see `engine/palm/protection.ts`), and
-- the key that is to take the place of a tenant's while its templates are re-issued.
ALTER TABLE palm_log ADD COLUMN protection text;
ALTER TABLE tenants ADD COLUMN next_rotation_key bytea;

-- What leads to a person or opens a form in their name is sealed before it comes here. A migration cannot seal what
-- checks under way were begun with, so they have no time left: the engine ends them as it ends any that are overdue,
-- with the user's status, the record and the event. Pairing codes go, their plain hashes being found no more.
UPDATE kyc_sessions SET expires_at = least(expires_at, now()) WHERE status = 'pending';
ALTER TABLE kyc_sessions
  DROP COLUMN reference, DROP COLUMN random, DROP COLUMN redirect_url,
  ADD COLUMN reference bytea, ADD COLUMN random bytea, ADD COLUMN redirect_url bytea;

-- The view names its columns, so that it is made again.
DROP VIEW delivery_heads;
ALTER TABLE deliveries DROP COLUMN last_error, ADD COLUMN last_error bytea;
CREATE VIEW delivery_heads AS
  SELECT * FROM deliveries AS delivery
  WHERE status = 'pending' AND NOT EXISTS (
    SELECT FROM deliveries AS earlier
    WHERE earlier.webhook_id = delivery.webhook_id AND earlier.subject = delivery.subject
      AND earlier.status = 'pending' AND earlier.sequence < delivery.sequence
  );

DELETE FROM pairing_codes;
