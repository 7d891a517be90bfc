-- What has gathered in memory goes into the file: all of it, or nothing.
BEGIN IMMEDIATE;
INSERT OR REPLACE INTO main.capture SELECT * FROM temp.capture;
INSERT INTO main.capture_drop SELECT * FROM temp.capture_drop;
DELETE FROM main.anomaly WHERE connection_id IN (SELECT id FROM temp.connection);
DELETE FROM main.anomaly WHERE connection_id IS NULL AND EXISTS (
	SELECT 1 FROM temp.anomaly AS newer
	WHERE newer.connection_id IS NULL AND newer.capture_id = main.anomaly.capture_id AND newer.code = main.anomaly.code
		AND newer.first_ns = main.anomaly.first_ns
);
-- Without a word that would make SQLite take the rows apart: both tables and their indexes are the same, so that it
-- copies records as they are.
DELETE FROM main.connection WHERE id IN (SELECT id FROM temp.connection);
INSERT INTO main.connection SELECT * FROM temp.connection;
INSERT INTO main.anomaly (
	connection_id, capture_id, time_ns, code, side, severity, confidence, count, first_ns, last_ns, withdrawn_ns,
	evidence, packet
) SELECT
	connection_id, capture_id, time_ns, code, side, severity, confidence, count, first_ns, last_ns, withdrawn_ns,
	evidence, packet
FROM temp.anomaly ORDER BY id;
-- What lastack ship has to send once more, or out of turn; nothing where it never ran.
INSERT INTO main.spool_note (kind, row_id)
SELECT 'connection', c.id FROM main.spool, temp.connection AS c WHERE c.id <= taken_id
UNION ALL
SELECT 'capture', c.id FROM main.spool, temp.capture AS c
UNION ALL
SELECT 'anomaly', a.id FROM main.spool, main.anomaly AS a
WHERE a.connection_id IS NULL AND EXISTS (
	SELECT 1 FROM temp.anomaly AS newer
	WHERE newer.connection_id IS NULL AND newer.capture_id = a.capture_id AND newer.code = a.code
		AND newer.first_ns = a.first_ns
)
ON CONFLICT (kind, row_id) DO UPDATE SET batch = NULL;
UPDATE main.acknowledged SET records = records + (SELECT count(*) FROM temp.connection);
INSERT OR REPLACE INTO main.address SELECT * FROM temp.address;
DELETE FROM temp.capture;
DELETE FROM temp.capture_drop;
DELETE FROM temp.connection;
DELETE FROM temp.anomaly;
DELETE FROM temp.address;
COMMIT;
