SELECT
	waiting,
	count() AS connections,
	countIf(coalesce(state, '') = 'LAST-ACK') AS still,
	sum(fins - 1) AS copies,
	multiIf(max(sureness) = 3, 'sure', max(sureness) = 2, 'likely', 'unsure') AS sure,
	max(time_ns) AS last_ns,
	max(id) AS example_id,
	reading
FROM (
	SELECT
		if(side = 'initiator', {responder}, initiator_ip) AS waiting,
		if(side = 'initiator', responder_state, initiator_state) AS state,
		if(side = 'initiator', responder_fins, initiator_fins) AS fins,
		sureness, time_ns, id, code,
		multiIf(
			code = 'time-wait-restart', 'lost behind the tap, and sent again',
			code = 'final-ack-unseen', 'evidently came: the capture missed it',
			told = '', 'never came', told
		) AS reading
	FROM (
		SELECT
			sensor, database, id, initiator_ip, responder_ip, responder_port,
			initiator_state, responder_state, initiator_fins, responder_fins
		FROM connection FINAL
		WHERE (sensor, database, id) GLOBAL IN (
				SELECT sensor, database, connection_id FROM anomaly FINAL
				WHERE code IN ('missing-final-ack', 'time-wait-restart', 'final-ack-unseen')
					AND withdrawn_ns IS NULL
			)
			AND {chosen}
	) AS l
	ALL INNER JOIN (
		SELECT
			sensor, database, connection_id AS id, code, side, time_ns,
			multiIf(confidence = 'sure', 3, confidence = 'likely', 2, 1) AS sureness,
			visitParamExtractString(evidence, 'reading') AS told
		FROM anomaly FINAL
		WHERE code IN ('missing-final-ack', 'time-wait-restart', 'final-ack-unseen') AND withdrawn_ns IS NULL
	) AS r USING sensor, database, id
)
GROUP BY waiting, reading
ORDER BY max(code = 'missing-final-ack') DESC, connections DESC, waiting
{limit}
