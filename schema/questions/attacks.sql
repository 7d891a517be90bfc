-- Who attacks, scans or forges?
--
-- answers:  What looks like a flood, a scan, a forged reset or an evasion, the worst first: who did it, against whom, and
--           what it rests on.  Of forged segments the sender is not known, but in whose name they came.
-- column:   severity severity SEVERITY: of the worst of them
-- column:   code text ATTACK: what it looks like, as an anomaly (lastack explain)
-- column:   attacker endpoint WHO: an address, or how many
-- column:   target endpoint AGAINST: a service, a host, or what was tried
-- column:   times number/4 TIMES: how often; of forged segments: in how many connections
-- column:   first_ns time/2 FIRST: when it began
-- column:   last_ns time/3 LAST: when it was last seen
-- column:   sure text/1 SURE: how sure that is, at the best
-- column:   evidence text EVIDENCE: what it rests on
-- none:     nothing looks like an attack
-- more:     lastack explain {code}
-- more:     lastack anomalies --anomaly {code}
-- index:    anomaly_code
WITH found AS (
	SELECT
		a.code, a.connection_id, a.severity, a.confidence, a.first_ns, a.last_ns, a.evidence AS e,
		CASE a.code
			WHEN 'syn-flood' THEN '~' || json_extract(a.evidence, '$.sources') || ' sources'
			WHEN 'port-scan' THEN json_extract(a.evidence, '$.initiator_ip')
			WHEN 'host-sweep' THEN json_extract(a.evidence, '$.initiator_ip')
			ELSE 'as ' || CASE a.side WHEN 'initiator' THEN c.initiator_ip WHEN 'responder' THEN c.responder_ip
				ELSE 'both' END
		END AS attacker,
		CASE a.code
			WHEN 'port-scan' THEN json_extract(a.evidence, '$.responder_ip')
			WHEN 'host-sweep' THEN 'port ' || json_extract(a.evidence, '$.responder_port')
			WHEN 'syn-flood' THEN iif(instr(json_extract(a.evidence, '$.responder_ip'), ':'),
				'[' || json_extract(a.evidence, '$.responder_ip') || ']:',
				json_extract(a.evidence, '$.responder_ip') || ':') || json_extract(a.evidence, '$.responder_port')
			ELSE c.responder
		END AS target
	FROM anomaly AS a
	LEFT JOIN connection_named AS c ON c.id = a.connection_id
	WHERE a.code IN ('syn-flood', 'port-scan', 'host-sweep', 'rst-ignored', 'rst-ladder', 'rst-ttl-mismatch',
			'rst-ipid-mismatch', 'rst-inexact', 'rst-out-of-window', 'rst-both-ways', 'overlap-conflict', 'bad-flags')
		AND a.withdrawn_ns IS NULL AND {found}
)
SELECT
	CASE max(CASE severity WHEN 'alert' THEN 4 WHEN 'warning' THEN 3 WHEN 'notice' THEN 2 ELSE 1 END)
		WHEN 4 THEN 'alert' WHEN 3 THEN 'warning' WHEN 2 THEN 'notice' ELSE 'info' END AS severity,
	code,
	attacker,
	target,
	count(*) AS times,
	min(first_ns) AS first_ns,
	max(last_ns) AS last_ns,
	CASE max(CASE confidence WHEN 'sure' THEN 3 WHEN 'likely' THEN 2 ELSE 1 END)
		WHEN 3 THEN 'sure' WHEN 2 THEN 'likely' ELSE 'unsure' END AS sure,
	CASE code
		WHEN 'syn-flood' THEN json_extract(e, '$.peak') || ' in vain within 10 s, '
			|| json_extract(e, '$.completed') || ' completed meanwhile'
		WHEN 'port-scan' THEN '~' || json_extract(e, '$.ports') || ' ports, ' || json_extract(e, '$.failed')
			|| ' failed, ' || json_extract(e, '$.refused') || ' of them refused'
		WHEN 'host-sweep' THEN '~' || json_extract(e, '$.hosts') || ' hosts, ' || json_extract(e, '$.failed')
			|| ' failed, ' || json_extract(e, '$.refused') || ' of them refused'
		WHEN 'rst-ladder' THEN json_extract(e, '$.steps') || ' RSTs at different numbers'
		WHEN 'rst-ignored' THEN 'its sender went on: ' || json_extract(e, '$.acked_bytes') || ' octets were acknowledged'
		WHEN 'rst-ttl-mismatch' THEN 'hop limit ' || json_extract(e, '$.ttl') || ', usually '
			|| json_extract(e, '$.usual_ttl')
		WHEN 'rst-ipid-mismatch' THEN 'identification ' || json_extract(e, '$.ip_id') || ', before '
			|| json_extract(e, '$.last_ip_id')
		WHEN 'overlap-conflict' THEN json_extract(e, '$.bytes') || ' octets came twice, with other content'
		WHEN 'rst-both-ways' THEN 'RSTs of both sides within 10 ms'
		WHEN 'bad-flags' THEN 'flags that no host sends'
		ELSE 'a RST at a number that was not due'
	END AS evidence
FROM found
GROUP BY code, attacker, target
ORDER BY max(CASE severity WHEN 'alert' THEN 4 WHEN 'warning' THEN 3 WHEN 'notice' THEN 2 ELSE 1 END) DESC,
	times DESC, first_ns, code
{limit};
