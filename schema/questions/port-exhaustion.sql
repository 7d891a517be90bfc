-- Does this host run out of ports, and towards which service?
--
-- answers:  Of one initiator, each service it connects to: how many of its ports are held there, by connections and by
--           its own TIME-WAIT, and how many will be if it goes on as in this capture (connections a second, times how
--           long each holds its port).  A port that is held for one service is free for another.
-- argument: HOST the address of the initiator
-- column:   service endpoint SERVICE: address and port that it connects to
-- column:   connections number CONNECTIONS: so many of them were seen
-- column:   per_second real/2 A SECOND: opened in a second, from the first to the last of them
-- column:   held number HELD: ports held at the end of what was seen
-- column:   time_wait number TIME-WAIT: of these in TIME-WAIT
-- column:   needs number NEEDS: ports held at once if it goes on like that; of fewer than ten connections nothing is said
-- column:   range number/3 RANGE: ports that it has: 28232 (Linux: 32768 to 60999), or more where more were seen in use
-- column:   share_percent percent SHARE: of its ports, the larger of HELD and NEEDS
-- column:   peak number/1 PEAK: most that were held at once, where lastack found port-exhaustion
-- none:     this host has opened no connection
-- next:     When SHARE comes near to 100 %, connect() fails (EADDRNOTAVAIL), and no packet shows it: keep connections
--           open and use them again, let the responder close first, use more addresses, or widen
--           net.ipv4.ip_local_port_range.
-- more:     lastack explain port-exhaustion
-- index:    connection_initiator
WITH towards AS (
	SELECT
		c.responder_ip, c.responder_port, c.responder AS service,
		count(*) AS connections,
		sum(c.initiator_state IS NOT NULL AND c.initiator_state <> 'CLOSED') AS held,
		sum(c.initiator_state IS 'TIME-WAIT') AS time_wait,
		max(28232, max(c.initiator_port) - min(c.initiator_port) + 1) AS range,
		max(c.first_ns) - min(c.first_ns) AS span_ns,
		avg(max(iif(c.first_closer IN ('initiator', 'both'), coalesce(c.time_wait_ends_ns, c.last_ns), c.last_ns)
			- c.first_ns, 0)) AS hold_ns
	FROM connection_named AS c
	WHERE c.initiator_ip = :HOST AND {chosen}
	GROUP BY c.responder_ip, c.responder_port
),
forecast AS (
	SELECT
		*,
		iif(connections >= 10 AND span_ns > 0, (connections - 1) * 1e9 / span_ns, NULL) AS per_second,
		iif(connections >= 10 AND span_ns > 0,
			CAST(round(min((connections - 1) * hold_ns / span_ns, range)) AS INTEGER), NULL) AS needs
	FROM towards
)
SELECT
	service,
	connections,
	round(per_second, 2) AS per_second,
	held,
	time_wait,
	needs,
	range,
	round(100.0 * max(held, coalesce(needs, 0)) / range, 1) AS share_percent,
	(
		SELECT max(json_extract(a.evidence, '$.peak'))
		FROM anomaly AS a
		WHERE a.code = 'port-exhaustion' AND a.withdrawn_ns IS NULL
			AND json_extract(a.evidence, '$.initiator_ip') = :HOST
			AND json_extract(a.evidence, '$.responder_ip') = f.responder_ip
			AND json_extract(a.evidence, '$.responder_port') = f.responder_port
	) AS peak
FROM forecast AS f
ORDER BY share_percent DESC, connections DESC, service
{limit};
