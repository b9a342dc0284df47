-- Edges: nodes that seal to the public half of an archive key and can open nothing.

-- The wrapped archive key; null in an installation that was made before there was one.
ALTER TABLE installation ADD COLUMN archive_key {bytes};

-- What edges sealed and no full node has adopted yet: data keys longer than one under a bucket's key.
CREATE INDEX data_keys_unadopted ON data_keys (global_seq) WHERE LENGTH(wrapped) > 73;
