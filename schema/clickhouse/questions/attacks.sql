SELECT
	multiIf(max(severe) = 4, 'alert', max(severe) = 3, 'warning', max(severe) = 2, 'notice', 'info') AS severity,
	code,
	attacker,
	target,
	count() AS times,
	min(begun_ns) AS first_ns,
	max(ended_ns) AS last_ns,
	multiIf(max(sureness) = 3, 'sure', max(sureness) = 2, 'likely', 'unsure') AS sure,
	multiIf(
		code = 'syn-flood', concat(visitParamExtractRaw(any(e), 'peak'), ' in vain within 10 s, ',
			visitParamExtractRaw(any(e), 'completed'), ' completed meanwhile'),
		code = 'port-scan', concat('~', visitParamExtractRaw(any(e), 'ports'), ' ports, ',
			visitParamExtractRaw(any(e), 'failed'), ' failed, ', visitParamExtractRaw(any(e), 'refused'), ' of them refused'),
		code = 'host-sweep', concat('~', visitParamExtractRaw(any(e), 'hosts'), ' hosts, ',
			visitParamExtractRaw(any(e), 'failed'), ' failed, ', visitParamExtractRaw(any(e), 'refused'), ' of them refused'),
		code = 'rst-ladder', concat(visitParamExtractRaw(any(e), 'steps'), ' RSTs at different numbers'),
		code = 'rst-ignored', concat('its sender went on: ', visitParamExtractRaw(any(e), 'acked_bytes'),
			' octets were acknowledged'),
		code = 'rst-ttl-mismatch', concat('hop limit ', visitParamExtractRaw(any(e), 'ttl'), ', usually ',
			visitParamExtractRaw(any(e), 'usual_ttl')),
		code = 'rst-ipid-mismatch', concat('identification ', visitParamExtractRaw(any(e), 'ip_id'), ', before ',
			visitParamExtractRaw(any(e), 'last_ip_id')),
		code = 'overlap-conflict', concat(visitParamExtractRaw(any(e), 'bytes'), ' octets came twice, with other content'),
		code = 'rst-both-ways', 'RSTs of both sides within 10 ms',
		code = 'bad-flags', 'flags that no host sends',
		'a RST at a number that was not due'
	) AS evidence
FROM (
	SELECT
		code, first_ns AS begun_ns, last_ns AS ended_ns, evidence AS e,
		multiIf(severity = 'alert', 4, severity = 'warning', 3, severity = 'notice', 2, 1) AS severe,
		multiIf(confidence = 'sure', 3, confidence = 'likely', 2, 1) AS sureness,
		visitParamExtractString(evidence, 'responder_ip') AS ip,
		visitParamExtractRaw(evidence, 'responder_port') AS port,
		multiIf(
			code = 'syn-flood', concat('~', visitParamExtractRaw(evidence, 'sources'), ' sources'),
			code IN ('port-scan', 'host-sweep'), visitParamExtractString(evidence, 'initiator_ip'),
			concat('as ', multiIf(coalesce(side, '') = 'initiator', coalesce(initiator_ip, ''),
				coalesce(side, '') = 'responder', coalesce(responder_ip, ''), 'both'))
		) AS attacker,
		multiIf(
			code = 'port-scan', ip,
			code = 'host-sweep', concat('port ', port),
			code = 'syn-flood', concat(if(position(ip, ':') > 0, concat('[', ip, ']'), ip), ':', port),
			coalesce({responder}, '')
		) AS target
	FROM anomaly FINAL
	WHERE code IN ('syn-flood', 'port-scan', 'host-sweep', 'rst-ignored', 'rst-ladder', 'rst-ttl-mismatch',
			'rst-ipid-mismatch', 'rst-inexact', 'rst-out-of-window', 'rst-both-ways', 'overlap-conflict', 'bad-flags')
		AND withdrawn_ns IS NULL AND {found}
)
GROUP BY code, attacker, target
ORDER BY max(severe) DESC, times DESC, first_ns, code
{limit}
