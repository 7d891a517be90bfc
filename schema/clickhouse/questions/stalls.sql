SELECT
	endpoint,
	cause,
	uniqExact(sensor, database, id) AS connections,
	sum(count) AS times,
	max(held_us) AS longest_us,
	argMax(id, held_us) AS example_id,
	multiIf(
		cause = 'zero-window', 'its program does not read fast enough',
		cause = 'retransmission-timeout', 'what it sent was lost, and only its timer noticed',
		'it did not answer any more'
	) AS reading
FROM (
	SELECT sensor, database, id, initiator_ip, responder_ip, responder_port
	FROM connection FINAL
	WHERE (sensor, database, id) GLOBAL IN (
			SELECT sensor, database, connection_id FROM anomaly FINAL
			WHERE code IN ('zero-window', 'retransmission-timeout', 'peer-vanished') AND withdrawn_ns IS NULL
		)
		AND {chosen}
) AS l
ALL INNER JOIN (
	SELECT
		sensor, database, connection_id AS id, code AS cause, side, count,
		multiIf(
			visitParamHas(evidence, 'closed_us'), visitParamExtractInt(evidence, 'closed_us'),
			visitParamHas(evidence, 'pause_us'), visitParamExtractInt(evidence, 'pause_us'),
			visitParamExtractInt(evidence, 'silence_us')
		) AS held_us
	FROM anomaly FINAL
	WHERE code IN ('zero-window', 'retransmission-timeout', 'peer-vanished') AND withdrawn_ns IS NULL
) AS r USING sensor, database, id
GROUP BY if(side = 'responder', {responder}, initiator_ip) AS endpoint, cause
ORDER BY longest_us DESC, times DESC, endpoint
{limit}
