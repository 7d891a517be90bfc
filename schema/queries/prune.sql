-- The oldest connections that are over, a thousand at most: those whose last segment is older than ?1; where that is NULL,
-- any.  No connection ends before it begins, so the index on first_ns bounds what is looked at.
DELETE FROM main.connection WHERE id IN (
	SELECT id FROM main.connection
	WHERE first_ns < coalesce(?1, 9223372036854775807) AND last_ns < coalesce(?1, 9223372036854775807)
		AND outcome <> 'open'
	ORDER BY first_ns LIMIT 1000
);
