//! Rows of the platform adapter. Columns of type text compare by byte in both databases.

use crate::stmt::statements;

macro_rules! session_columns {
    () => {
        "session_id, room_id, sender_key, sender_data_type, backed_up, data"
    };
}

statements! {
    ROW_PUT = "INSERT INTO crypto_rows (ns, kind, k1, k2, data) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (ns, kind, k1, k2) DO UPDATE SET data = excluded.data";
    ROW_DELETE = "DELETE FROM crypto_rows WHERE ns = $1 AND kind = $2 AND k1 = $3 AND k2 = $4";
    ROW_DELETE_KIND = "DELETE FROM crypto_rows WHERE ns = $1 AND kind = $2";
    ROW = "SELECT data FROM crypto_rows WHERE ns = $1 AND kind = $2 AND k1 = $3 AND k2 = $4";
    ROWS = "SELECT k1, k2, data FROM crypto_rows WHERE ns = $1 AND kind = $2 ORDER BY k1, k2";
    ROWS_OF = "SELECT k1, k2, data FROM crypto_rows \
        WHERE ns = $1 AND kind = $2 AND k1 = $3 ORDER BY k2";
    SESSION_PUT = concat!("INSERT INTO group_sessions (ns, ", session_columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (ns, session_id) DO UPDATE SET room_id = excluded.room_id, \
          sender_key = excluded.sender_key, sender_data_type = excluded.sender_data_type, \
          backed_up = excluded.backed_up, data = excluded.data");
    SESSIONS_MARK_ALL = "UPDATE group_sessions SET backed_up = $2 WHERE ns = $1";
    SESSION_MARK = "UPDATE group_sessions SET backed_up = $3 WHERE ns = $1 AND session_id = $2";
    SESSION = concat!("SELECT ", session_columns!(), " FROM group_sessions \
        WHERE ns = $1 AND session_id = $2");
    SESSIONS = concat!("SELECT ", session_columns!(), " FROM group_sessions \
        WHERE ns = $1 ORDER BY session_id");
    SESSIONS_OF_ROOM = concat!("SELECT ", session_columns!(), " FROM group_sessions \
        WHERE ns = $1 AND room_id = $2 ORDER BY session_id");
    SESSIONS_UNSAVED = concat!("SELECT ", session_columns!(), " FROM group_sessions \
        WHERE ns = $1 AND backed_up = 0 ORDER BY session_id LIMIT $2");
    SESSIONS_OF_DEVICE = concat!("SELECT ", session_columns!(), " FROM group_sessions \
        WHERE ns = $1 AND sender_key = $2 AND sender_data_type = $3 AND session_id > $4 \
        ORDER BY session_id LIMIT $5");
    SESSION_COUNTS = "SELECT COUNT(*), COUNT(CASE WHEN backed_up = 1 THEN 1 END) \
        FROM group_sessions WHERE ns = $1";
    SESSION_COUNTS_OF_ROOM = "SELECT COUNT(*), COUNT(CASE WHEN backed_up = 1 THEN 1 END) \
        FROM group_sessions WHERE ns = $1 AND room_id = $2";
}
