-- What an edge may do in the database: record what comes in, and neither read texts nor change or remove what is
-- recorded. Run it as the owner of the tables, after a full node has made them, and again after each upgrade.
-- The role is made before: CREATE ROLE verbatim_edge LOGIN PASSWORD '…';

-- Whose store this is, and how long records are kept.
GRANT SELECT ON schema_version, installation, retention_periods TO verbatim_edge;

-- The log: appended to. Of records only what their place in it takes.
GRANT SELECT, UPDATE ON log_state TO verbatim_edge;
GRANT SELECT, INSERT ON log_roots TO verbatim_edge;
GRANT SELECT, INSERT, UPDATE ON conversation_heads TO verbatim_edge;
GRANT INSERT ON conversation_marks TO verbatim_edge;
GRANT INSERT ON records, data_keys TO verbatim_edge;
GRANT SELECT (global_seq, id, conversation, conversation_seq, leaf, leaf_hash) ON records TO verbatim_edge;

-- Whose number it was, and with whom. Neither names nor rooms; what earlier versions granted goes.
REVOKE ALL ON contacts, contact_numbers, conversations FROM verbatim_edge;
GRANT SELECT ON employees, numbers, assignments TO verbatim_edge;
GRANT INSERT ON contacts TO verbatim_edge;
GRANT SELECT (idx, contact), INSERT ON contact_numbers TO verbatim_edge;
GRANT SELECT (id, number, peer, employee, room) ON conversations TO verbatim_edge;
GRANT INSERT (id, number, contact, peer, employee, created) ON conversations TO verbatim_edge;

-- What clients say about being texted.
GRANT SELECT, INSERT, UPDATE ON consents TO verbatim_edge;

-- Messages move forward. Jobs are queued and woken, and what they carry is neither read nor changed. Alarms are
-- raised.
GRANT SELECT, INSERT ON messages TO verbatim_edge;
GRANT UPDATE (state, provider_id, failure_class, failure_code, failure_certain) ON messages TO verbatim_edge;
GRANT INSERT ON jobs TO verbatim_edge;
GRANT SELECT (id, lane, due, uniq, head), UPDATE (due) ON jobs TO verbatim_edge;
GRANT SELECT, INSERT, UPDATE ON alarms TO verbatim_edge;
GRANT SELECT, INSERT ON receipts TO verbatim_edge;

-- Whether there is room on the disk.
GRANT SELECT, INSERT, DELETE ON probe TO verbatim_edge;
