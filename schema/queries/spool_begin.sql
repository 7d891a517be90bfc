-- From now on it is noted what is put.  All there is has yet to be sent; numbers of batches go on, so that what was sent
-- before is older.
BEGIN IMMEDIATE;
INSERT OR REPLACE INTO spool (
	id, place, sensor, database, sent_id, taken_id, batch, batches, rows, bytes, dropped
) SELECT
	1, :place, :sensor, coalesce(max(database), :database), 0, 0, coalesce(max(batch), 0), coalesce(max(batches), 0),
	coalesce(max(rows), 0), coalesce(max(bytes), 0), coalesce(max(dropped), 0)
FROM spool;
DELETE FROM spool_batch;
DELETE FROM spool_note;
INSERT INTO spool_note (kind, row_id) SELECT 'anomaly', id FROM anomaly WHERE connection_id IS NULL;
INSERT INTO spool_note (kind, row_id) SELECT 'capture', id FROM capture;
COMMIT;
