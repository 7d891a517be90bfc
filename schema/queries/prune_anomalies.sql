-- What was found of the connections that go next (prune.sql chooses the same), and of several together that are as old.
DELETE FROM main.anomaly WHERE connection_id IN (
	SELECT id FROM main.connection
	WHERE first_ns < coalesce(?1, 9223372036854775807) AND last_ns < coalesce(?1, 9223372036854775807)
		AND outcome <> 'open'
	ORDER BY first_ns LIMIT 1000
) OR (connection_id IS NULL AND last_ns < ?1);
