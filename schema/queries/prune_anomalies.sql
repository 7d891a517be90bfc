-- Those of connections that are gone, and those of several together that are as old.
DELETE FROM main.anomaly WHERE id IN (
	SELECT anomaly.id FROM main.anomaly LEFT JOIN main.connection ON main.connection.id = anomaly.connection_id
	WHERE CASE WHEN connection_id IS NULL THEN last_ns < ?1 ELSE connection.id IS NULL END
);
