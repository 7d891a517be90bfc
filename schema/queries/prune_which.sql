-- Ids of the oldest connections that are over, a thousand at most: those whose last segment is older than ?1, and that were
-- sent where somebody ships; where ?1 is NULL, any.  No connection ends before it begins, so the index on first_ns bounds
-- what is looked at.
SELECT id FROM (
	SELECT id FROM main.connection
	WHERE first_ns < coalesce(?1, 9223372036854775807) AND last_ns < coalesce(?1, 9223372036854775807)
		AND outcome <> 'open'
	ORDER BY first_ns LIMIT 1000
) AS oldest
WHERE ?1 IS NULL OR (
	oldest.id <= coalesce((SELECT sent_id FROM main.spool), oldest.id)
	AND NOT EXISTS (SELECT 1 FROM main.spool_note WHERE kind = 'connection' AND row_id = oldest.id)
)
