-- Connections whose capture ended without a word were cut off by that.
UPDATE connection SET outcome = 'interrupted'
WHERE outcome = 'open' AND capture_id IN (SELECT id FROM capture WHERE kind = 'interface' AND end_reason IS NULL);
UPDATE capture SET end_reason = 'interrupted' WHERE kind = 'interface' AND end_reason IS NULL;
