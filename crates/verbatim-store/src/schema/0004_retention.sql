-- Retention, holds, disposal. Data keys leave the records: they are what may change and vanish.

-- The data key of a record, and the bucket whose key wraps it now: the record's own, or a hold's.
CREATE TABLE data_keys (
    global_seq {key},
    retention_class BIGINT NOT NULL,
    expiry_month BIGINT NOT NULL,
    wrapped {bytes} NOT NULL
);
INSERT INTO data_keys (global_seq, retention_class, expiry_month, wrapped)
    SELECT global_seq, retention_class, expiry_month, wrapped_key FROM records;
ALTER TABLE records DROP COLUMN wrapped_key;
CREATE INDEX data_keys_by_bucket ON data_keys (retention_class, expiry_month, global_seq);

-- A bucket may be kept beyond its month. A destroyed key leaves an empty value behind, so that its bucket
-- is never made again, and the disposal that destroyed it.
ALTER TABLE bucket_keys ADD COLUMN kept_until BIGINT;
ALTER TABLE bucket_keys ADD COLUMN disposal {bytes};

-- Every period that was ever in force: none may be shortened. `fiscal_year_end`: 1 to 12, 0 for creation.
CREATE TABLE retention_periods (
    class BIGINT NOT NULL,
    months BIGINT NOT NULL,
    fiscal_year_end BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (class, months, fiscal_year_end)
);

-- Counts every change to the holds, so that a disposal notices one that came while it ran.
CREATE TABLE hold_changes (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    changes BIGINT NOT NULL
);
INSERT INTO hold_changes (id, changes) VALUES (1, 0);

-- `terms` (name, reason, whom it covers) are sealed.
CREATE TABLE holds (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    terms {bytes} NOT NULL,
    set_by {text} NOT NULL,
    set_at BIGINT NOT NULL,
    asked_by {text},
    asked_at BIGINT,
    released_by {text},
    released_at BIGINT
);

-- One disposal, one bucket. `state`: 1 proposed, 2 approved, 3 key destroyed, 4 done.
CREATE TABLE disposals (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    retention_class BIGINT NOT NULL,
    expiry_month BIGINT NOT NULL,
    state BIGINT NOT NULL,
    proposed_by {text} NOT NULL,
    proposed_at BIGINT NOT NULL,
    approved_by {text},
    approved_at BIGINT,
    destroyed_at BIGINT,
    certificate {bytes},
    disposed BIGINT NOT NULL,
    held BIGINT NOT NULL
);
CREATE UNIQUE INDEX disposals_by_bucket ON disposals (retention_class, expiry_month);
