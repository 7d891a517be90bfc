-- The id that the next connection gets: above all that are there, and all that were sent.
SELECT 1 + max(coalesce((SELECT max(id) FROM connection), 0), coalesce((SELECT taken_id FROM spool), 0));
