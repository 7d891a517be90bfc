-- Which hosts hold ports in TIME-WAIT, and when are they free?
--
-- answers:  Hosts with sides in TIME-WAIT at the end of what was seen.  An initiator cannot use such a port for the same
--           service until it is free; a responder keeps a record in memory, and needs no port for it.
-- column:   host text HOST: who is in TIME-WAIT
-- column:   side text SIDE: as initiator or as responder
-- column:   ports number PORTS HELD: connections in TIME-WAIT; of an initiator, each holds one port
-- column:   proved number/1 PROVED: of these, those proved by a segment of the host
-- column:   first_free_ns time FIRST FREE: when the first of them is over
-- column:   last_free_ns time LAST FREE: when all of them are, if nothing restarts one
-- none:     no side is in TIME-WAIT at the end of what was seen
-- note:     free after 2MSL: of the profile that the capture was read with (--stack, --msl), or as the host has shown
-- more:     lastack ask port-exhaustion {host}
-- more:     lastack explain TIME-WAIT
-- index:    connection_initiator_state connection_responder_state
SELECT
	host,
	side,
	ports,
	proved,
	first_free_ns,
	last_free_ns
FROM (
	SELECT
		c.initiator_ip AS host, 'initiator' AS side, count(*) AS ports,
		sum(c.initiator_state_basis = 'proved') AS proved,
		min(c.time_wait_ends_ns) AS first_free_ns, max(c.time_wait_ends_ns) AS last_free_ns
	FROM connection AS c
	WHERE c.initiator_state = 'TIME-WAIT' AND {chosen}
	GROUP BY c.initiator_ip
	UNION ALL
	SELECT
		c.responder_ip, 'responder', count(*),
		sum(c.responder_state_basis = 'proved'),
		min(c.time_wait_ends_ns), max(c.time_wait_ends_ns)
	FROM connection AS c
	WHERE c.responder_state = 'TIME-WAIT' AND {chosen}
	GROUP BY c.responder_ip
)
ORDER BY ports DESC, host, side
{limit};
