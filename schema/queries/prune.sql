-- The oldest connections that are over, some at a time: those whose last segment is older than ?1; where that is NULL, any.
DELETE FROM main.connection WHERE id IN (
	SELECT id FROM main.connection WHERE outcome <> 'open' AND (?1 IS NULL OR last_ns < ?1) ORDER BY first_ns LIMIT 1000
);
