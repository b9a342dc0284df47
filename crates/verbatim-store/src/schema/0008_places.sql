-- Where the records of a conversation are, without an index over all of them: such an index grows in a
-- different place for each conversation, so its cost grows with the log. A record names the one before it
-- in its conversation; the head of each conversation names its last, and every 64th has a mark.

ALTER TABLE records ADD COLUMN previous BIGINT;
UPDATE records SET previous = (SELECT p.global_seq FROM records p
    WHERE p.conversation = records.conversation
      AND p.conversation_seq = records.conversation_seq - 1);

CREATE TABLE conversation_heads (
    conversation {bytes} PRIMARY KEY,
    last BIGINT NOT NULL,
    length BIGINT NOT NULL
){clustered};
INSERT INTO conversation_heads (conversation, last, length)
    SELECT conversation, MAX(global_seq), COUNT(*) FROM records GROUP BY conversation;

-- The place of the record whose position in its conversation is 64 × mark + 63.
CREATE TABLE conversation_marks (
    conversation {bytes} NOT NULL,
    mark BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (conversation, mark)
){clustered};
INSERT INTO conversation_marks (conversation, mark, place)
    SELECT conversation, conversation_seq / 64, global_seq FROM records WHERE conversation_seq % 64 = 63;

DROP INDEX records_by_conversation;
