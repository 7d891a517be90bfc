-- What has changed since then?
--
-- answers:  Connections that began, had a segment or changed a state at TIME or after it, the last change first.  For
--           programs that come back: ask for the time of the newest change that they know.
-- argument: TIME a time (RFC 3339, epoch, 2h)
-- column:   id id ID: the connection (lastack show)
-- column:   changed_ns time CHANGED: its last segment, or the last change of a state if that is later
-- column:   initiator endpoint INITIATOR: who opened it
-- column:   responder endpoint RESPONDER: who answered
-- column:   change text CHANGE: the furthest it came since TIME: new, established, closing, over; else more segments, or
--           a timer that moved a side
-- column:   outcome text OUTCOME: how it ended, or that it has not
-- column:   initiator_state state/1 I STATE: its state at the end of what was seen
-- column:   initiator_basis basis -: how that is known
-- column:   responder_state state/2 R STATE: the same of the responder
-- column:   responder_basis basis -: how that is known
-- column:   anomalies number/3 ANOMALIES: how many it has
-- none:     nothing has changed since
-- more:     lastack show {id}
-- index:    connection_moment
SELECT
	c.id,
	max(c.last_ns, coalesce(c.initiator_state_since_ns, 0), coalesce(c.responder_state_since_ns, 0)) AS changed_ns,
	c.initiator,
	c.responder,
	CASE
		WHEN c.closed_ns >= :TIME THEN 'over'
		WHEN c.closing_ns >= :TIME THEN 'closing'
		WHEN c.first_ns >= :TIME THEN 'new'
		WHEN c.established_ns >= :TIME THEN 'established'
		WHEN c.last_ns >= :TIME THEN 'segments'
		ELSE 'timer'
	END AS change,
	c.outcome,
	c.initiator_state,
	c.initiator_state_basis AS initiator_basis,
	c.responder_state,
	c.responder_state_basis AS responder_basis,
	c.anomalies
FROM connection_named AS c
WHERE c.id IN (
		SELECT id FROM connection
		WHERE max(last_ns, coalesce(initiator_state_since_ns, 0), coalesce(responder_state_since_ns, 0)) >= :TIME
	)
	AND {chosen}
ORDER BY changed_ns DESC, c.id DESC
{limit};
