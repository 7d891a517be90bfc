-- Connections that fit the filter (fits.sql).  The program puts the names of a checked column and ASC or DESC in place of
-- {order}, which cannot be a parameter.  codes: of its anomalies, in the order in which they were found; where :codes asks.
SELECT
	c.*,
	i.country AS initiator_country, r.country AS responder_country,
	i.region AS initiator_region, r.region AS responder_region,
	i.city AS initiator_city, r.city AS responder_city,
	i.latitude AS initiator_latitude, r.latitude AS responder_latitude,
	i.longitude AS initiator_longitude, r.longitude AS responder_longitude,
	i.asn AS initiator_asn, r.asn AS responder_asn,
	i.organisation AS initiator_organisation, r.organisation AS responder_organisation,
	iif(:codes AND c.anomalies > 0, (
		SELECT group_concat(code)
		FROM (
			SELECT code FROM anomaly
			WHERE connection_id = c.id AND withdrawn_ns IS NULL
			GROUP BY code
			ORDER BY min(id)
		)
	), NULL) AS codes
FROM connection AS c
LEFT JOIN address AS i ON i.ip = c.initiator_ip
LEFT JOIN address AS r ON r.ip = c.responder_ip
WHERE {fits}
ORDER BY {order}
LIMIT :limit;
