-- Who is in which state at the end of what was seen, the initiator's side of it: CLOSE-WAIT, TIME-WAIT.  With what a
-- question can be narrowed by.
CREATE INDEX IF NOT EXISTS connection_initiator_state ON connection (
	initiator_state, initiator_ip, initiator_state_basis, time_wait_ends_ns, responder_ip, initiator_port, responder_port,
	first_ns, last_ns
);
