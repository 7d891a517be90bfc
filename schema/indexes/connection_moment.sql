-- How connections stood at some time: their spans, and the state of those that had come to rest by then.
CREATE INDEX IF NOT EXISTS connection_moment ON connection (
	first_ns, last_ns, initiator_state, responder_state, initiator_state_since_ns, responder_state_since_ns,
	initiator_state_basis, responder_state_basis, time_wait_ends_ns, capture_id
);
