-- Which programs do not close their side?
--
-- answers:  Endpoints that got a FIN and had not sent theirs when they were last seen: their program has read to the
--           end of what the peer sent, and keeps the socket.  A few are usual; many, or more and more, are a leak.
-- column:   endpoint endpoint ENDPOINT: whose program it is; of initiators, whose ports change, the address alone
-- column:   side text/2 SIDE: which end of its connections it is
-- column:   waiting number IN CLOSE-WAIT: how many of them stand so
-- column:   proved number/3 PROVED: of these, those where it acknowledged the FIN; the others are presumed
-- column:   oldest_us span OLDEST: for how long the first of them has, until the last packet of its capture
-- column:   per_hour number/4 AN HOUR: how many began to in an hour, from the first to the last of them
-- column:   peers number/1 PEERS: different addresses at the other end
-- column:   example_id id EXAMPLE: the oldest one (lastack show)
-- none:     no endpoint is in CLOSE-WAIT
-- next:     {endpoint} gets FINs and does not send its own: look there for sockets that are read to the end and never
--           closed (ss -tnp state close-wait names the process).
-- more:     lastack explain close-wait-leak
-- more:     lastack show {example_id}
-- index:    connection_initiator_state connection_responder_state
WITH waiting AS (
	SELECT
		c.responder AS endpoint, 'responder' AS side, c.initiator_ip AS peer, c.id,
		c.responder_state_since_ns AS since_ns, c.responder_state_basis AS basis, c.capture_id, c.last_ns
	FROM connection_named AS c
	WHERE c.responder_state = 'CLOSE-WAIT' AND {chosen}
	UNION ALL
	SELECT
		c.initiator_ip, 'initiator', c.responder_ip, c.id,
		c.initiator_state_since_ns, c.initiator_state_basis, c.capture_id, c.last_ns
	FROM connection_named AS c
	WHERE c.initiator_state = 'CLOSE-WAIT' AND {chosen}
)
SELECT
	endpoint,
	side,
	count(*) AS waiting,
	sum(basis = 'proved') AS proved,
	max(max(coalesce(p.last_ns, w.last_ns), w.last_ns) - since_ns) / 1000 AS oldest_us,
	-- of less than a minute nothing is said
	CAST(iif(max(since_ns) - min(since_ns) >= 60000000000,
		(count(*) - 1) * 3600e9 / (max(since_ns) - min(since_ns)), NULL) AS INTEGER) AS per_hour,
	count(DISTINCT peer) AS peers,
	min(w.id) AS example_id
FROM waiting AS w
LEFT JOIN capture AS p ON p.id = w.capture_id
GROUP BY endpoint, side
ORDER BY waiting DESC, oldest_us DESC, endpoint
{limit};
