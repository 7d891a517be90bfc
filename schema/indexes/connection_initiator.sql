-- What hosts open: in order of them, with all that is added up, so that the rows themselves are not read.
CREATE INDEX IF NOT EXISTS connection_initiator ON connection (
	initiator_ip, responder_ip, responder_port, initiator_bytes, responder_bytes, initiator_port, initiator_state,
	first_closer, first_ns, last_ns, time_wait_ends_ns
);
