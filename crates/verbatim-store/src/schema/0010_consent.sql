-- What a client's number last said to one of ours about being texted. By numbers, as carriers keep it: it
-- outlives whoever holds ours, and needs no conversation. `by_carrier`: whether `at` is the carrier's time.
CREATE TABLE consents (
  ours {bytes} NOT NULL,
  peer {bytes} NOT NULL,
  consent {text} NOT NULL,
  at BIGINT NOT NULL,
  by_carrier BIGINT NOT NULL,
  PRIMARY KEY (ours, peer)
){clustered};

-- Whose last text the carrier refused for that reason.
INSERT INTO consents (ours, peer, consent, at, by_carrier)
  SELECT n.idx, v.peer, 'opted-out', MAX(COALESCE(m.last_tried, m.created)), 0
    FROM messages m JOIN conversations v ON v.id = m.conversation JOIN numbers n ON n.id = v.number
    WHERE m.failure_class = 'opted_out' AND NOT EXISTS (SELECT 1 FROM messages o
      WHERE o.conversation = m.conversation AND o.direction = 1 AND o.pos > m.pos AND o.provider_id IS NOT NULL)
    GROUP BY n.idx, v.peer;
