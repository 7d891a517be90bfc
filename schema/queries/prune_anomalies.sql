-- What was found of the connections that go next, and of several connections together that is as old and was sent.
DELETE FROM main.anomaly WHERE connection_id IN ({which}) OR (
	connection_id IS NULL AND last_ns < ?1
	AND NOT EXISTS (SELECT 1 FROM main.spool_note WHERE kind = 'anomaly' AND row_id = anomaly.id)
);
