-- Anomalies of the connections of the batch, and those of several connections together that are noted, whose addresses
-- stand in their evidence.  about, the time and the code name a row: ids are given anew each time.
SELECT
	spool.sensor, spool.database, spool.batch AS version,
	a.*,
	coalesce(c.initiator_ip, json_extract(a.evidence, '$.initiator_ip')) AS initiator_ip,
	coalesce(c.responder_ip, json_extract(a.evidence, '$.responder_ip')) AS responder_ip,
	coalesce(c.initiator_port, json_extract(a.evidence, '$.initiator_port')) AS initiator_port,
	coalesce(c.responder_port, json_extract(a.evidence, '$.responder_port')) AS responder_port,
	CASE
		WHEN c.id IS NULL THEN
			coalesce(a.side, '') || ' ' || coalesce(json_extract(a.evidence, '$.initiator_ip'), '')
			|| ' ' || coalesce(json_extract(a.evidence, '$.responder_ip'), '')
			|| ' ' || coalesce(json_extract(a.evidence, '$.responder_port'), '')
		WHEN a.side = 'initiator' THEN c.initiator_ip || ' ' || c.initiator_port
		WHEN a.side = 'responder' THEN c.responder_ip || ' ' || c.responder_port
		ELSE ''
	END AS about
FROM spool, anomaly AS a
LEFT JOIN connection AS c ON c.id = a.connection_id
WHERE a.connection_id IN (SELECT id FROM spool_connection)
	OR a.id IN (SELECT row_id FROM spool, spool_note USING (batch) WHERE kind = 'anomaly')
ORDER BY a.id;
