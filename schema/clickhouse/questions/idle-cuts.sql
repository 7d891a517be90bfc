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
	SELECT responder_ip, responder_port, dead, shortest_us, longest_us, example_id, outlived_us
	FROM (
		SELECT
			responder_ip, responder_port, count() AS dead, min(silence_us) AS shortest_us,
			max(silence_us) AS longest_us, min(id) AS example_id
		FROM (
			SELECT sensor, database, id, responder_ip, responder_port
			FROM connection FINAL
			WHERE (sensor, database, id) GLOBAL IN (
					SELECT sensor, database, connection_id FROM anomaly FINAL
					WHERE code IN ('half-open', 'keepalive-unanswered', 'connection-reset') AND withdrawn_ns IS NULL
						AND visitParamExtractInt(evidence, 'silence_us') >= 10000000
				)
				AND {chosen}
		) AS l
		ALL INNER JOIN (
			SELECT
				sensor, database, connection_id AS id, max(visitParamExtractInt(evidence, 'silence_us')) AS silence_us
			FROM anomaly FINAL
			WHERE code IN ('half-open', 'keepalive-unanswered', 'connection-reset') AND withdrawn_ns IS NULL
				AND visitParamExtractInt(evidence, 'silence_us') >= 10000000
			GROUP BY sensor, database, connection_id
		) AS r USING sensor, database, id
		GROUP BY responder_ip, responder_port
	) AS l
	ALL LEFT JOIN (
		SELECT responder_ip, responder_port, max(idle_max_us) AS outlived_us
		FROM connection FINAL
		WHERE (sensor, database, id) GLOBAL NOT IN (
				SELECT sensor, database, connection_id FROM anomaly FINAL
				WHERE code IN ('half-open', 'keepalive-unanswered', 'connection-reset') AND withdrawn_ns IS NULL
					AND visitParamExtractInt(evidence, 'silence_us') >= 10000000
			)
			AND {chosen}
		GROUP BY responder_ip, responder_port
	) AS r USING responder_ip, responder_port
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
