SELECT
	{responder} AS service,
	if(by = '', NULL, by) AS side,
	resets,
	round(100.0 * resets / connections, 1) AS share_percent,
	initiators,
	doubtful,
	multiIf(surest = 3, 'sure', surest = 2, 'likely', surest = 1, 'unsure', NULL) AS sure,
	if(empty(codes), NULL, arrayStringConcat(arraySort(codes), ', ')) AS signs,
	told AS reading,
	example_id
FROM (
	SELECT
		responder_ip, responder_port, by,
		count() AS resets, uniqExact(initiator_ip) AS initiators,
		countIf(sureness > 0) AS doubtful, max(sureness) AS surest,
		if(doubtful > 0, minIf(id, sureness > 0), min(id)) AS example_id,
		groupUniqArrayArray(arrayFilter(x -> x != '', splitByChar(',', if(sureness > 0, own_codes, '')))) AS codes,
		if(argMin(own_reading, id) = '', NULL, argMin(own_reading, id)) AS told
	FROM (
		SELECT
			responder_ip, responder_port, initiator_ip, id, ended,
			arrayJoin(splitByChar(',', if(ended, reset_side, coalesce(ignored_sides, '')))) AS by,
			coalesce(sign, 0) AS sureness, coalesce(signs_here, '') AS own_codes, coalesce(readings, '') AS own_reading
		FROM (
			SELECT
				sensor, database, id, responder_ip, responder_port, initiator_ip,
				coalesce(reset_by, '') AS reset_side,
				coalesce(outcome, '') IN ('reset', 'handshake-aborted') AS ended
			FROM connection FINAL
			WHERE (coalesce(outcome, '') IN ('reset', 'handshake-aborted') OR (sensor, database, id) GLOBAL IN (
					SELECT sensor, database, connection_id FROM anomaly FINAL
					WHERE code IN ('rst-ignored', 'rst-inexact', 'rst-out-of-window', 'rst-ladder')
						AND withdrawn_ns IS NULL
				))
				AND {chosen}
		) AS l
		ALL LEFT JOIN (
			SELECT
				sensor, database, connection_id AS id,
				max(if(code IN ('rst-ignored', 'rst-inexact', 'rst-out-of-window', 'rst-ladder', 'rst-both-ways',
						'rst-ttl-mismatch', 'rst-ipid-mismatch', 'segment-after-reset'),
					multiIf(confidence = 'sure', 3, confidence = 'likely', 2, 1), 0)) AS sign,
				arrayStringConcat(groupUniqArrayIf(code, code LIKE 'rst-%' OR code = 'segment-after-reset'), ',') AS signs_here,
				arrayStringConcat(groupUniqArrayIf(coalesce(side, ''),
					code IN ('rst-ignored', 'rst-inexact', 'rst-out-of-window', 'rst-ladder')), ',') AS ignored_sides,
				maxIf(visitParamExtractString(evidence, 'reading'),
					NOT (code LIKE 'rst-%' OR code = 'segment-after-reset')) AS readings
			FROM anomaly FINAL
			WHERE connection_id != 0 AND withdrawn_ns IS NULL
			GROUP BY sensor, database, connection_id
		) AS r USING sensor, database, id
	)
	GROUP BY responder_ip, responder_port, by
) AS l
ALL INNER JOIN (
	SELECT responder_ip, responder_port, count() AS connections
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY responder_ip, responder_port
) AS r USING responder_ip, responder_port
ORDER BY doubtful > 0 DESC, resets DESC, service, side
{limit}
