-- What a client's number last said to one of ours about being texted. By numbers, as carriers keep it: it
-- outlives whoever holds ours, and needs no conversation.
CREATE TABLE consents (
  ours {bytes} NOT NULL,
  peer {bytes} NOT NULL,
  consent {text} NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (ours, peer)
){clustered};
