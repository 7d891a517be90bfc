-- Which connections have been open for longest?
--
-- answers:  Connections whose end was not seen, the oldest first.  One that has been silent for long may be dead at one
--           end, or at both: nothing shows it until somebody sends.
-- column:   id id ID: the connection (lastack show)
-- column:   initiator endpoint INITIATOR: who opened it
-- column:   responder endpoint RESPONDER: who answered
-- column:   initiator_state state I STATE: its state at the end of what was seen
-- column:   initiator_basis basis -: how that is known
-- column:   responder_state state/3 R STATE: the same of the responder
-- column:   responder_basis basis -: how that is known
-- column:   age_us span AGE: from its first segment to the last packet of its capture
-- column:   silent_us span/1 SILENT: since its last segment
-- column:   bytes bytes/2 BYTES: octets that both have sent
-- column:   midstream hidden -: its beginning was not seen, so that it is older
-- none:     every connection has ended
-- next:     Silent for longer than the timeout of a firewall or translator on the path? Then it may be cut already: see
--           lastack ask idle-cuts, and set keep-alives.
-- more:     lastack show {id}
-- index:    connection_outcome
SELECT
	c.id,
	c.initiator,
	c.responder,
	c.initiator_state,
	c.initiator_state_basis AS initiator_basis,
	c.responder_state,
	c.responder_state_basis AS responder_basis,
	(max(coalesce(p.last_ns, c.last_ns), c.last_ns) - c.first_ns) / 1000 AS age_us,
	(max(coalesce(p.last_ns, c.last_ns), c.last_ns) - c.last_ns) / 1000 AS silent_us,
	c.initiator_bytes + c.responder_bytes AS bytes,
	c.midstream
FROM connection_named AS c
LEFT JOIN capture AS p ON p.id = c.capture_id
WHERE c.outcome IN ('open', 'capture-ended') AND {chosen}
ORDER BY age_us DESC, c.id
{limit};
