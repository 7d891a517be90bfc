-- Captures that are noted.
SELECT spool.sensor, spool.database, spool.batch AS version, c.*
FROM spool, capture AS c
WHERE c.id IN (SELECT row_id FROM spool, spool_note USING (batch) WHERE kind = 'capture')
ORDER BY c.id;
