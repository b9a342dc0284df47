//! What must be looked up and written when something arrives.

use crate::stmt::statements;

statements! {
    /// All that decides where a text goes: ($1 account, $2 provider id, $3 our number, $4 the
    /// client's number, $5 the moment, $6 the lane of texts to our number that wait for a holder).
    INBOUND_LOOKUP = "SELECT \
          EXISTS (SELECT 1 FROM messages m \
                  WHERE m.account = $1 AND m.provider_id = $2 AND m.direction = 0), \
          n.id, a.employee, c.contact, v.id, v.room, \
          EXISTS (SELECT 1 FROM jobs j WHERE j.lane = $6) \
        FROM (SELECT 1 AS one) AS o \
        LEFT JOIN numbers n ON n.idx = $3 \
        LEFT JOIN assignments a ON a.number = n.id \
          AND a.began <= $5 AND (a.ended IS NULL OR a.ended > $5) \
        LEFT JOIN contact_numbers c ON c.idx = $4 \
        LEFT JOIN conversations v ON v.number = n.id AND v.peer = $4 AND v.employee = a.employee";
    EMPLOYEE_ACTIVE = "SELECT id FROM employees WHERE id = $1 AND ended IS NULL";
    CONVERSATION_FIND = "SELECT id, room FROM conversations \
        WHERE number = $1 AND peer = $2 AND employee = $3";
    HAS_INBOUND = "SELECT 1 FROM messages \
        WHERE account = $1 AND provider_id = $2 AND direction = 0";
    MESSAGE_PLACE = "UPDATE messages SET conversation = $2 WHERE id = $1 AND conversation IS NULL";
    RECEIPT_ADD = "INSERT INTO receipts (dedupe) VALUES ($1) ON CONFLICT (dedupe) DO NOTHING";
    ROOM_EVENT_ADD = "INSERT INTO room_events (event, at) VALUES ($1, $2) \
        ON CONFLICT (event) DO NOTHING";
}
