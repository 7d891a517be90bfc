-- What of the batch was not sent yet.
SELECT kind, batch, rows, layout, body FROM spool_batch ORDER BY kind LIMIT 1;
