-- Who is in which state at the end of what was seen, the responder's side of it: CLOSE-WAIT, TIME-WAIT.  With what a
-- question can be narrowed by.
CREATE INDEX IF NOT EXISTS connection_responder_state ON connection (
	responder_state, responder_ip, responder_state_basis, time_wait_ends_ns, initiator_ip, responder_port, initiator_port,
	first_ns, last_ns
);
