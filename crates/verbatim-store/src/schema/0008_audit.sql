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
