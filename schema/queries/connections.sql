-- Connections that fit the filter; a parameter that is NULL lets everything pass.  The program puts the names of a
-- checked column and ASC or DESC in place of the words in braces, which cannot be parameters.
-- The bounds of id are always given: the search for one connection is one step, not a scan.
SELECT
	c.*,
	i.country AS initiator_country, r.country AS responder_country,
	i.region AS initiator_region, r.region AS responder_region,
	i.city AS initiator_city, r.city AS responder_city,
	i.latitude AS initiator_latitude, r.latitude AS responder_latitude,
	i.longitude AS initiator_longitude, r.longitude AS responder_longitude,
	i.asn AS initiator_asn, r.asn AS responder_asn,
	i.organisation AS initiator_organisation, r.organisation AS responder_organisation
FROM connection AS c
LEFT JOIN address AS i ON i.ip = c.initiator_ip
LEFT JOIN address AS r ON r.ip = c.responder_ip
WHERE c.id BETWEEN :lowest_id AND :highest_id
	AND (:first_capture IS NULL OR c.capture_id >= :first_capture)
	AND (:host IS NULL OR in_prefix(c.initiator_ip, :host, :host_bits) OR in_prefix(c.responder_ip, :host, :host_bits))
	AND (:port IS NULL OR :port IN (c.initiator_port, c.responder_port))
	AND (:state IS NULL OR :state IN (c.initiator_state, c.responder_state))
	AND (:initiator_state IS NULL OR c.initiator_state = :initiator_state)
	AND (:responder_state IS NULL OR c.responder_state = :responder_state)
	AND (:outcome IS NULL OR c.outcome = :outcome)
	AND (:open IS NULL OR c.outcome IN ('open', 'capture-ended'))
	AND (:anomaly IS NULL OR c.id IN (SELECT connection_id FROM anomaly WHERE code = :anomaly))
	AND (:since_ns IS NULL OR c.last_ns >= :since_ns)
	AND (:before_ns IS NULL OR +c.first_ns < :before_ns)
	AND (:min_duration_us IS NULL OR c.duration_us >= :min_duration_us)
	AND (:country IS NULL OR i.country = :country COLLATE NOCASE OR r.country = :country COLLATE NOCASE)
	AND (:asn IS NULL OR :asn IN (i.asn, r.asn))
ORDER BY {order}
LIMIT :limit;
