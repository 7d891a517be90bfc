SELECT
	{responder} AS service,
	dead,
	shortest_us,
	longest_us,
	outlived_us,
	idle_us AS cut_us,
	confidence AS sure,
	example_id
FROM (
	SELECT
		responder_ip, responder_port, countIf(is_dead) AS dead,
		min(if(is_dead, silence_us, NULL)) AS shortest_us, max(if(is_dead, silence_us, NULL)) AS longest_us,
		min(if(is_dead, id, NULL)) AS example_id, max(if(is_dead, NULL, idle_max_us)) AS outlived_us
	FROM (
		SELECT
			responder_ip, responder_port, id, idle_max_us, silence_us, coalesce(silence_us, 0) > 0 AS is_dead
		FROM (
			SELECT sensor, database, id, responder_ip, responder_port, idle_max_us
			FROM connection FINAL
			WHERE {chosen}
		) AS l
		ALL LEFT JOIN (
			SELECT
				sensor, database, connection_id AS id,
				max(toNullable(visitParamExtractInt(evidence, 'silence_us'))) AS silence_us
			FROM anomaly FINAL
			WHERE code IN ('half-open', 'keepalive-unanswered', 'connection-reset') AND withdrawn_ns IS NULL
				AND visitParamExtractInt(evidence, 'silence_us') >= 10000000
			GROUP BY sensor, database, connection_id
		) AS r USING sensor, database, id
	)
	GROUP BY responder_ip, responder_port
	HAVING dead > 0
) AS l
ALL LEFT JOIN (
	SELECT
		visitParamExtractString(evidence, 'responder_ip') AS responder_ip,
		toNullable(visitParamExtractInt(evidence, 'responder_port')) AS responder_port,
		argMax(visitParamExtractInt(evidence, 'idle_us'), time_ns) AS idle_us,
		argMax(confidence, time_ns) AS confidence
	FROM anomaly FINAL
	WHERE code = 'idle-cut' AND withdrawn_ns IS NULL
	GROUP BY responder_ip, responder_port
) AS r USING responder_ip, responder_port
ORDER BY cut_us IS NULL, dead DESC, service
{limit}
