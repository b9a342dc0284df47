-- Exports among the records: who was handed a record is found without reading the rest. 19 is their kind.
CREATE INDEX records_of_exports ON records (global_seq) WHERE kind = 19;

-- What was promised about the records of somebody: rules that were in force, and extensions. `terms` are sealed,
-- and `idx` is a keyed hash of them.
CREATE TABLE promises (
    pos {pos},
    idx {bytes} NOT NULL UNIQUE,
    terms {bytes} NOT NULL,
    made_by {text} NOT NULL,
    made_at BIGINT NOT NULL
);

-- A disposal may be of the records about one contact only, and may be taken back (state 0). A bucket has one
-- disposal of its own that was not.
ALTER TABLE disposals ADD COLUMN contact {bytes};
ALTER TABLE disposals ADD COLUMN withdrawn_by {text};
ALTER TABLE disposals ADD COLUMN withdrawn_at BIGINT;
DROP INDEX disposals_by_bucket;
CREATE UNIQUE INDEX disposals_by_bucket ON disposals (retention_class, expiry_month)
    WHERE contact IS NULL AND state <> 0;
CREATE UNIQUE INDEX disposals_by_contact ON disposals (contact, retention_class, expiry_month)
    WHERE contact IS NOT NULL AND state IN (1, 2);
