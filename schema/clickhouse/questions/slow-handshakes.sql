SELECT
	service,
	slow,
	syn_again,
	synack_again,
	connections,
	longest_us,
	path_us,
	example_id,
	multiIf(
		longest_us < 2 * path_us, 'far away: its round trips are as long',
		slow >= syn_again + synack_again, 'slow to answer: load, or it asks others first',
		syn_again > 0 AND synack_again > 0, 'SYNs and SYN+ACKs are lost, or its queue is full',
		syn_again > 0, 'SYNs are lost, or its queue is full',
		'SYN+ACKs or their ACKs are lost, or a full queue'
	) AS reading
FROM (
	SELECT
		responder_ip, responder_port, any({responder}) AS service,
		countIf(code = 'slow-handshake') AS slow,
		countIf(code = 'syn-retransmission') AS syn_again,
		countIf(code = 'synack-retransmission') AS synack_again,
		max(if(code = 'slow-handshake', delay_us, NULL)) AS longest_us,
		min(responder_rtt_min_us) AS path_us,
		min(id) AS example_id
	FROM (
		SELECT sensor, database, id, responder_ip, responder_port, responder_rtt_min_us
		FROM connection FINAL
		WHERE (sensor, database, id) GLOBAL IN (
				SELECT sensor, database, connection_id FROM anomaly FINAL
				WHERE code IN ('slow-handshake', 'syn-retransmission', 'synack-retransmission')
					AND withdrawn_ns IS NULL
			)
			AND outcome NOT IN ('unanswered', 'refused') AND {chosen}
	) AS l
	ALL INNER JOIN (
		SELECT
			sensor, database, connection_id AS id, code,
			visitParamExtractInt(evidence, 'delay_us') AS delay_us
		FROM anomaly FINAL
		WHERE code IN ('slow-handshake', 'syn-retransmission', 'synack-retransmission') AND withdrawn_ns IS NULL
	) AS r USING sensor, database, id
	GROUP BY responder_ip, responder_port
) AS l
ALL INNER JOIN (
	SELECT responder_ip, responder_port, count() AS connections
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY responder_ip, responder_port
) AS r USING responder_ip, responder_port
ORDER BY slow + syn_again + synack_again DESC, longest_us DESC, service
{limit}
