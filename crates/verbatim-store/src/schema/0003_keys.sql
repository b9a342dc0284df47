-- The key hierarchy: what lies under the key-encryption key besides the bucket keys, and its rotations.

-- The wrapped state root; null in an installation that was made before there was one.
ALTER TABLE installation ADD COLUMN state_root {bytes};

CREATE TABLE key_rotations (
    pos {pos},
    at BIGINT NOT NULL,
    old_key {text} NOT NULL,
    new_key {text} NOT NULL,
    buckets BIGINT NOT NULL
);
