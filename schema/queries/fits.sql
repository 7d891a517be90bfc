-- Does connection c, with its addresses i and r, fit the filter?  A parameter that is NULL lets everything pass.  Other
-- queries have this in place of fits in braces.  Ids are in bounds, or listed (between.sql, listed.sql): the search for a few
-- connections is a few steps.
{ids}
	AND (:first_capture IS NULL OR c.capture_id >= :first_capture)
	AND (:host IS NULL OR in_prefix(c.initiator_ip, :host, :host_bits) OR in_prefix(c.responder_ip, :host, :host_bits))
	AND (:port IS NULL OR :port IN (c.initiator_port, c.responder_port))
	AND (:state IS NULL OR :state IN (c.initiator_state, c.responder_state))
	AND (:initiator_state IS NULL OR c.initiator_state = :initiator_state)
	AND (:responder_state IS NULL OR c.responder_state = :responder_state)
	AND (:outcome IS NULL OR c.outcome = :outcome)
	AND (:over IS NULL OR c.outcome <> 'open')
	AND (:open IS NULL OR c.outcome IN ('open', 'capture-ended'))
	AND (:anomaly IS NULL OR c.id IN (
		SELECT connection_id FROM anomaly WHERE code = :anomaly AND (:withdrawn OR withdrawn_ns IS NULL)))
	AND (:severity IS NULL OR :withdrawn OR c.worst_severity IN (SELECT value FROM json_each(:severity)))
	AND (:since_ns IS NULL OR c.last_ns >= :since_ns)
	AND (:before_ns IS NULL OR +c.first_ns < :before_ns)
	AND (:min_duration_us IS NULL OR c.duration_us >= :min_duration_us)
	AND (:country IS NULL OR i.country = :country COLLATE NOCASE OR r.country = :country COLLATE NOCASE)
	AND (:asn IS NULL OR :asn IN (i.asn, r.asn))
