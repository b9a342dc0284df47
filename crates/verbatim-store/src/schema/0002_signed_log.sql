-- What is signed and published of the log.

-- Full tiles (C2SP tlog-tiles): 256 hashes each. They never change, and partial ones are not kept.
CREATE TABLE log_tiles (
    level BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hashes {bytes} NOT NULL,
    PRIMARY KEY (level, n)
);

-- Signed checkpoints, as the notes that were published.
CREATE TABLE checkpoints (
    size {key},
    root {bytes} NOT NULL,
    at BIGINT NOT NULL,
    note {text} NOT NULL
);
