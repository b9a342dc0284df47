-- The first schema. {bytes}, {text}, {pos} and {key} stand for what the dialects spell differently.

CREATE TABLE installation (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    log {bytes} NOT NULL,
    key_check {bytes} NOT NULL
);

-- The log: records in order, the state needed to append, and the root after every batch.
CREATE TABLE records (
    global_seq {key},
    id {bytes} NOT NULL UNIQUE,
    conversation {bytes} NOT NULL,
    conversation_seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    captured_at BIGINT NOT NULL,
    retention_class BIGINT NOT NULL,
    expiry_month BIGINT NOT NULL,
    commitment {bytes} NOT NULL,
    ciphertext_hash {bytes} NOT NULL,
    key_commitment {bytes} NOT NULL,
    ciphertext {bytes} NOT NULL,
    wrapped_key {bytes} NOT NULL,
    leaf {bytes} NOT NULL,
    leaf_hash {bytes} NOT NULL
);
CREATE UNIQUE INDEX records_by_conversation ON records (conversation, conversation_seq);

CREATE TABLE log_state (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    frontier {bytes} NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE log_roots (
    size {key},
    root {bytes} NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE bucket_keys (
    retention_class BIGINT NOT NULL,
    expiry_month BIGINT NOT NULL,
    wrapped {bytes} NOT NULL,
    PRIMARY KEY (retention_class, expiry_month)
);

-- People, numbers, conversations.
CREATE TABLE employees (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    user_id {text} NOT NULL UNIQUE,
    name {bytes} NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT
);

CREATE TABLE numbers (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    idx {bytes} NOT NULL UNIQUE,
    number {bytes} NOT NULL,
    account {text} NOT NULL,
    created BIGINT NOT NULL
);

-- A number held by an employee from `began` until before `ended`.
CREATE TABLE assignments (
    pos {pos},
    number {bytes} NOT NULL REFERENCES numbers (id),
    employee {bytes} NOT NULL REFERENCES employees (id),
    began BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX assignments_by_number ON assignments (number, began);
CREATE INDEX assignments_by_employee ON assignments (employee);
CREATE UNIQUE INDEX assignments_open ON assignments (number) WHERE ended IS NULL;

CREATE TABLE contacts (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    stand_in {text} NOT NULL UNIQUE,
    state {text} NOT NULL,
    name {bytes} NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE contact_numbers (
    pos {pos},
    idx {bytes} NOT NULL UNIQUE,
    contact {bytes} NOT NULL REFERENCES contacts (id),
    number {bytes} NOT NULL
);
CREATE INDEX contact_numbers_by_contact ON contact_numbers (contact);

CREATE TABLE conversations (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    number {bytes} NOT NULL REFERENCES numbers (id),
    contact {bytes} NOT NULL REFERENCES contacts (id),
    peer {bytes} NOT NULL,
    employee {bytes} NOT NULL REFERENCES employees (id),
    room {text} UNIQUE,
    disclosed BIGINT,
    created BIGINT NOT NULL,
    UNIQUE (number, peer, employee)
);
CREATE INDEX conversations_by_contact ON conversations (contact);

CREATE TABLE directs (
    room {text} PRIMARY KEY,
    employee {bytes} NOT NULL REFERENCES employees (id)
);

-- Messages without their text. `direction`: 0 inbound, 1 outbound.
CREATE TABLE messages (
    pos {pos},
    id {bytes} NOT NULL UNIQUE,
    conversation {bytes} REFERENCES conversations (id),
    direction BIGINT NOT NULL,
    state BIGINT NOT NULL,
    record {bytes} NOT NULL,
    account {text} NOT NULL,
    provider_id {text},
    event {text},
    segments BIGINT NOT NULL,
    created BIGINT NOT NULL,
    first_tried BIGINT,
    last_tried BIGINT,
    failure_class {text},
    failure_code {text},
    failure_certain BIGINT
);
CREATE INDEX messages_by_conversation ON messages (conversation, pos);
CREATE UNIQUE INDEX messages_in ON messages (account, provider_id) WHERE direction = 0;
CREATE UNIQUE INDEX messages_out ON messages (account, provider_id)
    WHERE direction = 1 AND provider_id IS NOT NULL;
CREATE INDEX messages_by_event ON messages (event) WHERE event IS NOT NULL;

-- What was seen, so that it counts once.
CREATE TABLE receipts (
    dedupe {bytes} PRIMARY KEY
);
CREATE TABLE room_events (
    event {text} PRIMARY KEY,
    at BIGINT NOT NULL
);

-- Jobs. Within a lane only the head runs; `head` is kept so that finding due heads is one index scan.
CREATE TABLE jobs (
    id {pos},
    lane {text} NOT NULL,
    kind BIGINT NOT NULL,
    created BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    payload {bytes} NOT NULL,
    conversation {bytes},
    message {bytes},
    room {text},
    uniq {text},
    head BIGINT NOT NULL
);
CREATE INDEX jobs_by_lane ON jobs (lane, id);
CREATE UNIQUE INDEX jobs_one_head ON jobs (lane) WHERE head = 1;
CREATE INDEX jobs_heads_due ON jobs (due, id) WHERE head = 1;
CREATE UNIQUE INDEX jobs_waiting ON jobs (uniq) WHERE uniq IS NOT NULL AND head = 0;
CREATE INDEX jobs_by_room ON jobs (room) WHERE room IS NOT NULL;

-- Leases; the product's own have the empty namespace, those of crypto rows their device's.
CREATE TABLE leases (
    ns {text} NOT NULL,
    name {text} NOT NULL,
    holder {text} NOT NULL,
    expires BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (ns, name)
);

CREATE TABLE alarms (
    name {text} PRIMARY KEY,
    body {text} NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE tokens (
    pos {pos},
    hash {bytes} NOT NULL UNIQUE,
    name {text} NOT NULL,
    scopes {text} NOT NULL,
    created BIGINT NOT NULL,
    revoked BIGINT
);

CREATE TABLE cursors (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
);

CREATE TABLE probe (
    id BIGINT PRIMARY KEY,
    filler {bytes} NOT NULL
);

-- Rows of the platform adapter, one namespace per device.
CREATE TABLE crypto_rows (
    ns {text} NOT NULL,
    kind {text} NOT NULL,
    k1 {text} NOT NULL,
    k2 {text} NOT NULL,
    data {bytes} NOT NULL,
    PRIMARY KEY (ns, kind, k1, k2)
);
CREATE TABLE group_sessions (
    ns {text} NOT NULL,
    session_id {text} NOT NULL,
    room_id {text} NOT NULL,
    sender_key {text} NOT NULL,
    sender_data_type BIGINT NOT NULL,
    backed_up BIGINT NOT NULL,
    data {bytes} NOT NULL,
    PRIMARY KEY (ns, session_id)
);
CREATE INDEX group_sessions_by_room ON group_sessions (ns, room_id, session_id);
CREATE INDEX group_sessions_by_sender
    ON group_sessions (ns, sender_key, sender_data_type, session_id);
CREATE INDEX group_sessions_unsaved ON group_sessions (ns, session_id) WHERE backed_up = 0;
