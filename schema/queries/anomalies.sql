-- Anomalies that fit the filter, in order of time.
SELECT
	a.id, a.connection_id, a.capture_id, a.time_ns, a.code, a.side, a.severity, a.confidence, a.count, a.first_ns,
	a.last_ns, a.withdrawn_ns, a.evidence, a.packet,
	c.initiator_ip, c.initiator_port, c.responder_ip, c.responder_port
FROM anomaly AS a
LEFT JOIN connection AS c ON c.id = a.connection_id
LEFT JOIN address AS i ON i.ip = c.initiator_ip
LEFT JOIN address AS r ON r.ip = c.responder_ip
WHERE {anomaly_fits}
ORDER BY a.time_ns, a.id
LIMIT :limit;
