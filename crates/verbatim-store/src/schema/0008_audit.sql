-- Exports among the records: who was handed a record is found without reading the rest. 19 is their kind.
CREATE INDEX records_of_exports ON records (global_seq) WHERE kind = 19;
