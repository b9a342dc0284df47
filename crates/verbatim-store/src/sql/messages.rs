//! Messages. `direction`: 0 inbound, 1 outbound.

use crate::stmt::{Rows, statements};

macro_rules! message_columns {
    () => {
        "m.id, m.conversation, m.direction, m.state, m.record, m.provider_id, m.event, \
         m.segments, m.created, m.first_tried, m.last_tried, \
         m.failure_class, m.failure_code, m.failure_certain"
    };
}

statements! {
    MESSAGE_ADD = "INSERT INTO messages (id, conversation, direction, state, record, account, \
          provider_id, event, segments, created, first_tried, last_tried, \
          failure_class, failure_code, failure_certain) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        rows Rows::Alike;
    MESSAGE = concat!("SELECT ", message_columns!(), " FROM messages m WHERE m.id = $1");
    MESSAGE_BY_EVENT = concat!("SELECT ", message_columns!(), " FROM messages m \
        WHERE m.event = $1 ORDER BY m.pos LIMIT 1");
    MESSAGE_BY_PROVIDER = concat!("SELECT ", message_columns!(), " FROM messages m \
        WHERE m.account = $1 AND m.provider_id = $2 AND m.direction = 1 \
        AND m.provider_id IS NOT NULL");
    MESSAGES = concat!("SELECT m.pos, ", message_columns!(), " FROM messages m \
        WHERE m.conversation = $1 AND m.pos > $2 ORDER BY m.pos LIMIT $3");
    /// The carrier account that a conversation's texts leave by.
    ACCOUNT_OF = "SELECT n.account FROM conversations v JOIN numbers n ON n.id = v.number \
        WHERE v.id = $1";
    MESSAGE_MOVE = "UPDATE messages SET state = $2, \
          failure_class = COALESCE($3, failure_class), failure_code = COALESCE($4, failure_code), \
          failure_certain = COALESCE($5, failure_certain) WHERE id = $1";
    MESSAGE_CLAIM = "UPDATE messages SET provider_id = $2 WHERE id = $1 AND provider_id IS NULL";
    /// Whether what stands between the two numbers of a message is this word.
    MESSAGE_UNWANTED = "SELECT 1 FROM messages m JOIN conversations v ON v.id = m.conversation \
        JOIN numbers n ON n.id = v.number \
        JOIN consents k ON k.ours = n.idx AND k.peer = v.peer WHERE m.id = $1 AND k.consent = $2";
    MESSAGE_TRIED = "UPDATE messages SET first_tried = COALESCE(first_tried, $2), \
        last_tried = $2 WHERE id = $1";
    MESSAGE_SET_EVENT = "UPDATE messages SET event = $2 WHERE id = $1";
}
