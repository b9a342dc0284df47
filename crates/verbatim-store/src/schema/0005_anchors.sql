-- What others have said of our checkpoints.

-- Cosignatures of witnesses, as lines of a signed note.
CREATE TABLE cosignatures (
    witness {text} NOT NULL,
    size BIGINT NOT NULL,
    line {text} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (witness, size)
);
CREATE INDEX cosignatures_by_size ON cosignatures (size);

-- Timestamps (RFC 3161) of the checkpoints' texts: request and response as they were sent.
CREATE TABLE timestamps (
    pos {pos},
    size BIGINT NOT NULL,
    authority {text} NOT NULL,
    request {bytes} NOT NULL,
    response {bytes} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX timestamps_by_size ON timestamps (size, pos);
CREATE INDEX timestamps_by_authority ON timestamps (authority, pos);
