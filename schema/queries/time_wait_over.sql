-- TIME-WAITs that were not watched to their end, and are over by the time ?1, in captures from ?2 on.  Such a connection
-- has one side in TIME-WAIT, and nothing has come of it since.
UPDATE connection SET
	timeline = substr(timeline, 1, length(timeline) - 1) || ',[' || ((time_wait_ends_ns - first_ns) / 1000)
		|| iif(initiator_state = 'TIME-WAIT', ',"I"', ',"R"') || ',"CL","*"]]',
	initiator_state_since_ns = iif(initiator_state = 'TIME-WAIT', time_wait_ends_ns, initiator_state_since_ns),
	responder_state_since_ns = iif(responder_state = 'TIME-WAIT', time_wait_ends_ns, responder_state_since_ns),
	initiator_state_basis = iif(initiator_state = 'TIME-WAIT', 'timer', initiator_state_basis),
	responder_state_basis = iif(responder_state = 'TIME-WAIT', 'timer', responder_state_basis),
	initiator_state = iif(initiator_state = 'TIME-WAIT', 'CLOSED', initiator_state),
	responder_state = iif(responder_state = 'TIME-WAIT', 'CLOSED', responder_state)
WHERE time_wait_ends_ns <= ?1 AND capture_id >= ?2
	AND (initiator_state = 'TIME-WAIT' OR responder_state = 'TIME-WAIT');
