-- Which services are slow to accept connections?
--
-- answers:  Services whose handshakes took long or had to be repeated, and were answered in the end.
-- column:   service endpoint SERVICE: address and port of the responder
-- column:   slow number SLOW: connections of which the SYN waited for longer than a second (--set handshake-slow)
-- column:   syn_again number SYN AGAIN: of which the SYN had to be sent again
-- column:   synack_again number/1 SYN+ACK AGAIN: of which the SYN+ACK had to be
-- column:   connections number/2 CONNECTIONS: all of the service
-- column:   longest_us span LONGEST: the longest time until the SYN+ACK, of one SYN
-- column:   path_us span/3 PATH: the shortest round trip to the responder, with data, in those connections
-- column:   example_id id/4 EXAMPLE: one of them (lastack show)
-- column:   reading text READING: what that looks like
-- none:     every handshake was quick
-- more:     lastack show {example_id}
-- more:     lastack explain slow-handshake
-- index:    anomaly_code connection_responder
WITH services AS (
	SELECT
		c.responder_ip, c.responder_port, c.responder AS service,
		sum(a.code = 'slow-handshake') AS slow,
		sum(a.code = 'syn-retransmission') AS syn_again,
		sum(a.code = 'synack-retransmission') AS synack_again,
		max(iif(a.code = 'slow-handshake', json_extract(a.evidence, '$.delay_us'), NULL)) AS longest_us,
		min(c.responder_rtt_min_us) AS path_us,
		min(c.id) AS example_id
	FROM anomaly AS a
	JOIN connection_named AS c ON c.id = a.connection_id
	WHERE a.code IN ('slow-handshake', 'syn-retransmission', 'synack-retransmission') AND a.withdrawn_ns IS NULL
		AND c.outcome NOT IN ('unanswered', 'refused') AND {chosen}
	GROUP BY c.responder_ip, c.responder_port
)
SELECT
	service,
	slow,
	syn_again,
	synack_again,
	(
		SELECT count(*) FROM connection AS c
		WHERE c.responder_ip = s.responder_ip AND c.responder_port = s.responder_port AND {chosen}
	) AS connections,
	longest_us,
	path_us,
	example_id,
	CASE
		WHEN longest_us < 2 * path_us THEN 'far away: its round trips are as long'
		WHEN slow >= syn_again + synack_again THEN 'slow to answer: load, or it asks others first'
		WHEN syn_again > 0 AND synack_again > 0 THEN 'SYNs and SYN+ACKs are lost, or its queue is full'
		WHEN syn_again > 0 THEN 'SYNs are lost, or its queue is full'
		ELSE 'SYN+ACKs or their ACKs are lost, or a full queue'
	END AS reading
FROM services AS s
ORDER BY slow + syn_again + synack_again DESC, longest_us DESC, service
{limit};
