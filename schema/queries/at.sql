-- Connections that may have been there at :at_ns, in order of their first segments: begun by then, and not known to be
-- over (record/moment.h decides).  Those that had come to rest are as their columns say; only of the others the timeline
-- is read.  :watched_ns: the end of what was captured, where :at_ns lies beyond it.
SELECT
	c.id, c.first_ns, c.last_ns,
	c.initiator_state, c.initiator_state_basis, c.initiator_state_since_ns,
	c.responder_state, c.responder_state_basis, c.responder_state_since_ns,
	c.time_wait_ends_ns,
	iif(:at_ns >= max(c.last_ns, coalesce(c.initiator_state_since_ns, 0), coalesce(c.responder_state_since_ns, 0)),
		NULL, c.timeline) AS timeline
	{who}
FROM connection AS c {by_moment}
WHERE c.first_ns <= :at_ns
	AND (
		c.last_ns > :at_ns
		OR c.initiator_state_since_ns > :at_ns
		OR c.responder_state_since_ns > :at_ns
		OR c.time_wait_ends_ns > :at_ns
		OR c.initiator_state NOT IN ('CLOSED', 'TIME-WAIT')
		OR c.responder_state NOT IN ('CLOSED', 'TIME-WAIT')
	)
	AND (
		c.last_ns >= :watched_ns
		OR c.capture_id IN (
			-- captures that were read together are one
			SELECT p.id FROM capture AS p
			WHERE p.read_ns IN (
				SELECT read_ns FROM capture
				WHERE last_ns >= :watched_ns OR (kind = 'interface' AND end_reason IS NULL)
			)
		)
	)
	-- what was left of it went when its ports were taken by another one; of most nothing was left
	AND (c.initiator_state IN ('CLOSED', 'TIME-WAIT') AND c.responder_state IN ('CLOSED', 'TIME-WAIT') OR c.id NOT IN (
		SELECT old.id
		FROM connection AS old
		JOIN connection AS new ON new.initiator_ip = old.initiator_ip AND new.responder_ip = old.responder_ip
			AND new.responder_port = old.responder_port AND new.initiator_port = old.initiator_port
			AND new.first_ns > old.last_ns AND new.first_ns <= :at_ns
		WHERE old.outcome IN ('half-closed', 'vanished', 'handshake-incomplete', 'closed-unconfirmed', 'superseded',
				'reset', 'evicted', 'interrupted', 'idle-timeout')
			AND old.last_ns < :at_ns
			AND (old.initiator_state NOT IN ('CLOSED', 'TIME-WAIT') OR old.responder_state NOT IN ('CLOSED', 'TIME-WAIT'))
			AND new.established_ns IS NOT NULL
	))
	AND {chosen}
ORDER BY c.first_ns;
