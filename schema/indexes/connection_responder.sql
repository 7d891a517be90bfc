-- The same of services.
CREATE INDEX IF NOT EXISTS connection_responder ON connection (
	responder_ip, responder_port, initiator_bytes, responder_bytes, first_closer, outcome, initiator_ip, initiator_port,
	first_ns, last_ns
);
