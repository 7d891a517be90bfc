-- Who resets connections, and was it really them?
--
-- answers:  RSTs by service and by the side that they claim to come from, those that changed nothing included.  Anybody on
--           the path can forge one: what speaks for that is told for each, and a RST without any such sign is its
--           sender's, as far as a tap can know.
-- column:   service endpoint SERVICE: address and port of the responder
-- column:   side text BY: which side they claim to come from
-- column:   resets number RESETS: connections with such a RST
-- column:   share_percent percent/2 SHARE: of all connections of the service
-- column:   initiators number/3 INITIATORS: different addresses
-- column:   doubtful number FORGED?: connections of which something says that somebody else sent the RST
-- column:   sure text/4 SURE: how sure the surest of these signs is
-- column:   signs text SIGNS: which there are (lastack explain)
-- column:   reading text/1 READING: what the numbers of the RST say, in the first of them
-- column:   example_id id/5 EXAMPLE: the first with such a sign, else the first (lastack show)
-- none:     no connection was reset
-- more:     lastack show {example_id}
-- more:     lastack explain rst-ttl-mismatch
-- index:    connection_outcome anomaly_code connection_responder
WITH resets AS (
	SELECT
		c.id, c.responder AS service, c.responder_ip, c.responder_port, c.initiator_ip, c.reset_by AS side
	FROM connection_named AS c
	WHERE c.outcome IN ('reset', 'handshake-aborted') AND {chosen}
	UNION ALL
	SELECT DISTINCT
		c.id, c.responder, c.responder_ip, c.responder_port, c.initiator_ip, a.side
	FROM anomaly AS a
	JOIN connection_named AS c ON c.id = a.connection_id
	WHERE a.code IN ('rst-ignored', 'rst-inexact', 'rst-out-of-window', 'rst-ladder') AND a.withdrawn_ns IS NULL
		AND c.outcome NOT IN ('reset', 'handshake-aborted') AND {chosen}
),
signed AS (
	SELECT
		r.id, r.service, r.responder_ip, r.responder_port, r.initiator_ip, r.side,
		max(CASE
			WHEN a.code NOT IN ('rst-ignored', 'rst-inexact', 'rst-out-of-window', 'rst-ladder', 'rst-both-ways',
				'rst-ttl-mismatch', 'rst-ipid-mismatch', 'segment-after-reset') THEN 0
			WHEN a.confidence = 'sure' THEN 3
			WHEN a.confidence = 'likely' THEN 2
			ELSE 1
		END) AS sure,
		max(iif(a.code LIKE 'rst-%' OR a.code = 'segment-after-reset', NULL,
			json_extract(a.evidence, '$.reading'))) AS reading
	FROM resets AS r
	LEFT JOIN anomaly AS a ON a.connection_id = r.id AND a.withdrawn_ns IS NULL
	GROUP BY r.id, r.side
),
counted AS (
	SELECT
		service, responder_ip, responder_port, side,
		count(*) AS resets, count(DISTINCT initiator_ip) AS initiators,
		coalesce(sum(sure > 0), 0) AS doubtful, max(sure) AS sure,
		coalesce(min(iif(sure > 0, id, NULL)), min(id)) AS example_id, min(id) AS first_id
	FROM signed
	GROUP BY responder_ip, responder_port, side
)
SELECT
	service,
	side,
	resets,
	round(100.0 * resets / (
		SELECT count(*) FROM connection AS c
		WHERE c.responder_ip = n.responder_ip AND c.responder_port = n.responder_port AND {chosen}
	), 1) AS share_percent,
	initiators,
	doubtful,
	CASE sure WHEN 3 THEN 'sure' WHEN 2 THEN 'likely' WHEN 1 THEN 'unsure' END AS sure,
	(
		SELECT group_concat(code, ', ')
		FROM (
			SELECT DISTINCT a.code
			FROM signed AS s
			JOIN anomaly AS a ON a.connection_id = s.id
			WHERE s.responder_ip = n.responder_ip AND s.responder_port = n.responder_port AND s.side IS n.side
				AND s.sure > 0 AND a.withdrawn_ns IS NULL
				AND (a.code LIKE 'rst-%' OR a.code = 'segment-after-reset')
			ORDER BY a.code
		)
	) AS signs,
	(SELECT reading FROM signed AS s WHERE s.id = n.first_id AND s.side IS n.side) AS reading,
	example_id
FROM counted AS n
ORDER BY doubtful > 0 DESC, resets DESC, service, side
{limit};
