-- How many anomalies fit the filter: by severity and code, and within these by the service and by who opened the
-- connections.  What is about several connections together names both in its evidence.
SELECT
	severity, code, responder_ip, responder_port, initiator_ip, count(*), min(first_ns), max(last_ns)
FROM (
	SELECT
		a.severity, a.code, a.first_ns, a.last_ns,
		iif(a.connection_id, c.initiator_ip, json_extract(a.evidence, '$.initiator_ip')) AS initiator_ip,
		iif(a.connection_id, c.responder_ip, json_extract(a.evidence, '$.responder_ip')) AS responder_ip,
		iif(a.connection_id, c.responder_port, json_extract(a.evidence, '$.responder_port')) AS responder_port
	FROM anomaly AS a
	LEFT JOIN connection AS c ON c.id = a.connection_id
	LEFT JOIN address AS i ON i.ip = c.initiator_ip
	LEFT JOIN address AS r ON r.ip = c.responder_ip
	WHERE {anomaly_fits}
)
GROUP BY severity, code, responder_ip, responder_port, initiator_ip
ORDER BY severity, code, responder_ip, responder_port, initiator_ip
LIMIT :limit;
