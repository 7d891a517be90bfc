SELECT
	{responder} AS service,
	connections,
	round(toFloat64(rate), 2) AS per_second,
	held,
	time_wait,
	needs,
	range,
	round(100.0 * greatest(toInt64(held), coalesce(needs, 0)) / range, 1) AS share_percent,
	peak
FROM (
	SELECT
		responder_ip, responder_port, connections, held, time_wait, range,
		if(connections >= 10 AND span_ns > 0, (connections - 1) * 1e9 / span_ns, NULL) AS rate,
		if(connections >= 10 AND span_ns > 0,
			toInt64(floor(least((connections - 1) * hold_ns / span_ns, toFloat64(range)) + 0.5)), NULL) AS needs
	FROM (
		SELECT
			responder_ip, responder_port,
			count() AS connections,
			countIf(coalesce(initiator_state, 'CLOSED') != 'CLOSED') AS held,
			countIf(coalesce(initiator_state, '') = 'TIME-WAIT') AS time_wait,
			greatest(28232, max(initiator_port) - min(initiator_port) + 1) AS range,
			max(first_ns) - min(first_ns) AS span_ns,
			avg(greatest(if(coalesce(first_closer, '') IN ('initiator', 'both'), coalesce(time_wait_ends_ns, last_ns), last_ns)
				- first_ns, 0)) AS hold_ns
		FROM connection FINAL
		WHERE initiator_ip = {HOST} AND {chosen}
		GROUP BY responder_ip, responder_port
	)
) AS l
ALL LEFT JOIN (
	SELECT
		visitParamExtractString(evidence, 'responder_ip') AS responder_ip,
		toNullable(visitParamExtractInt(evidence, 'responder_port')) AS responder_port,
		max(toNullable(visitParamExtractInt(evidence, 'peak'))) AS peak
	FROM anomaly FINAL
	WHERE code = 'port-exhaustion' AND withdrawn_ns IS NULL
		AND visitParamExtractString(evidence, 'initiator_ip') = {HOST}
	GROUP BY responder_ip, responder_port
) AS r USING responder_ip, responder_port
ORDER BY share_percent DESC, connections DESC, service
{limit}
