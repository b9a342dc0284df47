//! Employees, numbers, assignments, contacts and conversations.
//!
//! The holder shown with a number is the one whose assignment has no end.

use crate::stmt::statements;

macro_rules! employee_columns {
    () => {
        "e.id, e.user_id, e.name, e.created, e.ended"
    };
}
macro_rules! number_columns {
    () => {
        "n.id, n.idx, n.number, n.account, n.created, a.employee, a.began"
    };
}
macro_rules! number_tables {
    () => {
        "numbers n LEFT JOIN assignments a ON a.number = n.id AND a.ended IS NULL"
    };
}
macro_rules! contact_columns {
    () => {
        "c.id, c.stand_in, c.state, c.name, c.created"
    };
}
macro_rules! conversation_select {
    () => {
        concat!(
            "SELECT v.pos, v.id, v.peer, v.room, v.disclosed, v.created, ",
            number_columns!(),
            ", ",
            contact_columns!(),
            ", ",
            employee_columns!(),
            ", k.consent, k.at FROM conversations v JOIN numbers n ON n.id = v.number \
              LEFT JOIN assignments a ON a.number = n.id AND a.ended IS NULL \
              JOIN contacts c ON c.id = v.contact JOIN employees e ON e.id = v.employee \
              LEFT JOIN consents k ON k.ours = n.idx AND k.peer = v.peer "
        )
    };
}

statements! {
    EMPLOYEE = concat!("SELECT ", employee_columns!(), " FROM employees e \
        WHERE e.id = $1");
    EMPLOYEE_BY_USER = concat!("SELECT ", employee_columns!(), " FROM employees e \
        WHERE e.user_id = $1");
    EMPLOYEES = concat!("SELECT e.pos, ", employee_columns!(), " FROM employees e \
        WHERE e.pos > $1 ORDER BY e.pos LIMIT $2");
    EMPLOYEE_PUT = "INSERT INTO employees (id, user_id, name, created, ended) \
        VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, ended = excluded.ended";
    NUMBER = concat!("SELECT ", number_columns!(), " FROM ", number_tables!(), " WHERE n.idx = $1");
    NUMBERS = concat!("SELECT n.pos, ", number_columns!(), " FROM ", number_tables!(),
        " WHERE n.pos > $1 ORDER BY n.pos LIMIT $2");
    NUMBERS_OF = concat!("SELECT ", number_columns!(), " FROM ", number_tables!(),
        " WHERE a.employee = $1 ORDER BY n.pos");
    NUMBER_ADD = "INSERT INTO numbers (id, idx, number, account, created) \
        VALUES ($1, $2, $3, $4, $5)";
    /// Whether somebody holds a number at or after a moment.
    HELD_FROM = "SELECT 1 FROM assignments \
        WHERE number = $1 AND (ended IS NULL OR (ended > $2 AND ended > began)) LIMIT 1";
    ASSIGN = "INSERT INTO assignments (number, employee, began, ended) VALUES ($1, $2, $3, NULL)";
    RELEASE = "UPDATE assignments SET ended = CASE WHEN began > $2 THEN began ELSE $2 END \
        WHERE number = $1 AND (ended IS NULL OR ended > $2)";
    RELEASE_ALL = "UPDATE assignments SET ended = CASE WHEN began > $2 THEN began ELSE $2 END \
        WHERE employee = $1 AND (ended IS NULL OR ended > $2)";
    CONTACT_BY_NUMBER = concat!("SELECT ", contact_columns!(), " FROM contacts c \
        JOIN contact_numbers x ON x.contact = c.id WHERE x.idx = $1");
    CONTACTS = concat!("SELECT c.pos, ", contact_columns!(), " FROM contacts c \
        WHERE c.pos > $1 ORDER BY c.pos LIMIT $2");
    CONTACTS_OF = concat!("SELECT c.pos, ", contact_columns!(), " FROM contacts c \
        WHERE c.pos > $1 AND EXISTS (SELECT 1 FROM conversations v \
          WHERE v.contact = c.id AND v.employee = $3) ORDER BY c.pos LIMIT $2");
    /// A contact of whom nothing is known but a number: needs no right to change one.
    CONTACT_ADD = "INSERT INTO contacts (id, stand_in, state, name, created) \
        VALUES ($1, $2, $3, $4, $5)";
    CONTACT_PUT = "INSERT INTO contacts (id, stand_in, state, name, created) \
        VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, name = excluded.name";
    CONTACT_NUMBERS = "SELECT idx, number FROM contact_numbers WHERE contact = $1 ORDER BY pos";
    CONTACT_NUMBER_OWNER = "SELECT contact FROM contact_numbers WHERE idx = $1";
    CONTACT_NUMBER_SEAL = "UPDATE contact_numbers SET number = $2 WHERE idx = $1 AND number <> $2";
    CONTACT_NUMBER_ADD = "INSERT INTO contact_numbers (idx, contact, number) VALUES ($1, $2, $3)";
    CONVERSATION = concat!(conversation_select!(), "WHERE v.id = $1");
    CONVERSATION_BY_ROOM = concat!(conversation_select!(), "WHERE v.room = $1");
    CONVERSATION_OF = concat!(conversation_select!(),
        "WHERE v.number = $1 AND v.peer = $2 AND v.employee = $3");
    CONVERSATIONS = concat!(conversation_select!(), "WHERE v.pos > $1 ORDER BY v.pos LIMIT $2");
    CONVERSATIONS_WITH = concat!(conversation_select!(),
        "WHERE v.employee = $3 AND v.pos > $1 ORDER BY v.pos LIMIT $2");
    CONVERSATION_ADD = "INSERT INTO conversations (id, number, contact, peer, employee, created) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    CONVERSATION_ROOM = "SELECT room FROM conversations WHERE id = $1";
    BIND_ROOM = "UPDATE conversations SET room = $2 WHERE id = $1";
    DISCLOSED = "UPDATE conversations SET disclosed = COALESCE(disclosed, $2) WHERE id = $1";
    NOT_DISCLOSED = "UPDATE conversations SET disclosed = NULL WHERE id = $1 AND disclosed = $2";
    CONSENT = "SELECT consent, at FROM consents WHERE ours = $1 AND peer = $2";
    /// What was said later stands ($6: how far clocks may differ). Times that only move forward keep what comes
    /// now from being older than what it replaces.
    CONSENT_SET = "INSERT INTO consents (ours, peer, consent, at, by_carrier) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (ours, peer) DO UPDATE SET consent = excluded.consent, by_carrier = excluded.by_carrier, \
          at = CASE WHEN excluded.at > consents.at THEN excluded.at ELSE consents.at END \
        WHERE excluded.at >= consents.at OR excluded.by_carrier + consents.by_carrier = 0 \
          OR (excluded.by_carrier + consents.by_carrier = 1 AND excluded.consent = 'opted-out' \
            AND excluded.at >= consents.at - $6)";
    DIRECT = concat!("SELECT ", employee_columns!(), " FROM employees e \
        JOIN directs d ON d.employee = e.id WHERE d.room = $1");
    BIND_DIRECT = "INSERT INTO directs (room, employee) VALUES ($1, $2) \
        ON CONFLICT (room) DO UPDATE SET employee = excluded.employee";
}
