-- TLS administration: the certificate of the public listener, and what is known of a CA's issues.

-- By listener; there is one that takes an uploaded certificate.
CREATE TABLE server_certificates (
  listener text PRIMARY KEY,
  certificate_pem text NOT NULL,
  private_key bytea NOT NULL,
  fingerprint text NOT NULL,
  uploaded_at timestamptz NOT NULL,
  version bigint NOT NULL
);

-- Changes with every certificate a CA issues: whoever found that nobody holds one retires the CA on that condition.
ALTER TABLE certificate_authorities ADD COLUMN last_issued text;

CREATE INDEX certificates_generation ON certificates (generation, not_after);
