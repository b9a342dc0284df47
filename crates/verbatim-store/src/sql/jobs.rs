//! Jobs, lanes and leases.

use crate::stmt::{Rows, statements};

macro_rules! job_columns {
    () => {
        "id, lane, kind, created, attempts, due, payload, conversation, message, room"
    };
}

/// The clock that leases are measured by.
const SQLITE_NOW: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const POSTGRES_NOW: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

statements! {
    /// A job becomes the head of an empty lane. A second *waiting* one with the same key is not
    /// queued; a head may be running already and does not count, or what has changed since it
    /// looked would be missed.
    JOB_ADD = "INSERT INTO jobs \
          (lane, kind, created, attempts, due, payload, conversation, message, room, uniq, head) \
        VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, \
          CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE lane = $1) THEN 0 ELSE 1 END) \
        ON CONFLICT (uniq) WHERE uniq IS NOT NULL AND head = 0 DO NOTHING",
        rows Rows::Text("INSERT INTO jobs \
          (lane, kind, created, attempts, due, payload, conversation, message, room, uniq, head) \
        SELECT q.lane, q.kind, q.created, 0, q.due, q.payload, q.conversation, q.message, q.room, \
          q.uniq, CASE WHEN row_number() OVER (PARTITION BY q.lane ORDER BY q.nth) > 1 \
            OR EXISTS (SELECT 1 FROM jobs j WHERE j.lane = q.lane) THEN 0 ELSE 1 END \
        FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::bytea[], $6::bytea[], \
          $7::bytea[], $8::text[], $9::text[]) WITH ORDINALITY \
          AS q(lane, kind, created, due, payload, conversation, message, room, uniq, nth) \
        ORDER BY q.nth \
        ON CONFLICT (uniq) WHERE uniq IS NOT NULL AND head = 0 DO NOTHING");
    JOB_REMOVE = "DELETE FROM jobs WHERE id = $1 RETURNING lane, head, message";
    JOB_PROMOTE = "UPDATE jobs SET head = 1 \
        WHERE id = (SELECT MIN(j.id) FROM jobs j WHERE j.lane = $1)";
    JOB_RETRY = "UPDATE jobs SET due = $2, payload = COALESCE($3, payload), \
        attempts = attempts + $4 WHERE id = $1";
    JOB_LANE = "SELECT lane, head, message FROM jobs WHERE id = $1";
    JOB_MOVE = "UPDATE jobs SET lane = $2, uniq = NULL, head = \
          CASE WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.lane = $2) THEN 0 ELSE 1 END \
        WHERE id = $1";
    WAKE_ROOM = "UPDATE jobs SET due = $2 WHERE room = $1 AND due > $2";
    WAKE_LANE = "UPDATE jobs SET due = $2 WHERE lane = $1 AND head = 1 AND due > $2";
    /// Heads of `room:` lanes of an employee's conversations.
    WAKE_READER = "UPDATE jobs SET due = $2 \
        WHERE head = 1 AND due > $2 AND lane LIKE 'room:%' AND conversation IN \
          (SELECT v.id FROM conversations v JOIN employees e ON e.id = v.employee \
           WHERE e.user_id = $1)";
    JOBS_DUE = concat!("SELECT ", job_columns!(), " FROM jobs WHERE head = 1 AND due <= $1 \
        ORDER BY due, id LIMIT $2");
    NEXT_DUE = "SELECT lane, due FROM jobs WHERE head = 1 ORDER BY due, id LIMIT $1";
    QUEUE_STATS = "SELECT kind, COUNT(*), MIN(created) FROM jobs GROUP BY kind ORDER BY kind";
    NOW = SQLITE_NOW, postgres POSTGRES_NOW;
    LEASE = "SELECT holder, expires, generation FROM leases WHERE ns = $1 AND name = $2";
    LEASE_PUT = "INSERT INTO leases (ns, name, holder, expires, generation) \
        VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (ns, name) DO UPDATE SET holder = excluded.holder, \
          expires = excluded.expires, generation = excluded.generation";
}
