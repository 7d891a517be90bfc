-- Where to, and how far; whether a batch is being sent; how many rows wait, those of the batch included.
SELECT
	place, sensor, database, batch, batches, rows, bytes, dropped,
	EXISTS (SELECT 1 FROM main.spool_batch),
	(SELECT count(*) FROM main.spool_note)
		+ (SELECT count(*) FROM (SELECT 1 FROM main.connection AS c WHERE c.id > sent_id LIMIT :most))
FROM main.spool;
