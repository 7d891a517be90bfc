-- Connections of the batch, by the names of the columns of the cluster's table.
SELECT
	spool.sensor, spool.database, spool.batch AS version,
	c.*,
	i.country AS initiator_country, r.country AS responder_country,
	i.region AS initiator_region, r.region AS responder_region,
	i.city AS initiator_city, r.city AS responder_city,
	i.latitude AS initiator_latitude, r.latitude AS responder_latitude,
	i.longitude AS initiator_longitude, r.longitude AS responder_longitude,
	i.asn AS initiator_asn, r.asn AS responder_asn,
	i.organisation AS initiator_organisation, r.organisation AS responder_organisation
FROM spool, connection AS c
LEFT JOIN address AS i ON i.ip = c.initiator_ip
LEFT JOIN address AS r ON r.ip = c.responder_ip
WHERE c.id IN (SELECT id FROM spool_connection)
ORDER BY c.id;
