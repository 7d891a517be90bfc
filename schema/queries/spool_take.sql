-- Which rows the next batch has.  What is put from here on is noted, whatever becomes of the batch.  Notes that were taken
-- for one that was given up are the first to be taken again.
BEGIN IMMEDIATE;
DELETE FROM spool_batch;
UPDATE spool SET
	batch = batch + 1,
	taken_id = coalesce(
		(SELECT max(id) FROM (SELECT id FROM connection WHERE connection.id > sent_id ORDER BY id LIMIT :rows)), sent_id);
UPDATE spool_note SET batch = (SELECT batch FROM spool)
WHERE id IN (SELECT id FROM spool_note ORDER BY id LIMIT :rows);
COMMIT;
