-- One table of the batch has arrived; with the last one all rows of it have.
BEGIN IMMEDIATE;
DELETE FROM spool_batch WHERE kind = :kind;
UPDATE spool SET rows = rows + :rows, bytes = bytes + :bytes;
DELETE FROM spool_note WHERE batch = (SELECT batch FROM spool) AND NOT EXISTS (SELECT 1 FROM spool_batch);
UPDATE spool SET sent_id = taken_id, batches = batches + 1 WHERE NOT EXISTS (SELECT 1 FROM spool_batch);
COMMIT;
