-- Connections whose capture ended without a word were cut off by that.
BEGIN IMMEDIATE;
INSERT INTO spool_note (kind, row_id)
SELECT 'connection', connection.id FROM spool, connection
WHERE connection.id <= taken_id AND outcome = 'open'
	AND capture_id IN (SELECT id FROM capture WHERE kind = 'interface' AND end_reason IS NULL)
UNION ALL
SELECT 'capture', capture.id FROM spool, capture WHERE kind = 'interface' AND end_reason IS NULL
ON CONFLICT (kind, row_id) DO UPDATE SET batch = NULL;
UPDATE connection SET outcome = 'interrupted'
WHERE outcome = 'open' AND capture_id IN (SELECT id FROM capture WHERE kind = 'interface' AND end_reason IS NULL);
UPDATE capture SET end_reason = 'interrupted' WHERE kind = 'interface' AND end_reason IS NULL;
COMMIT;
