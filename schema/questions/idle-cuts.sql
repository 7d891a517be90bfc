-- Are idle connections cut on the way, and after how long?
--
-- answers:  Services whose connections were found dead when they were used again after a silence: reset by a host that
--           no longer knew them, or not answered.  Where the silences are all of one length, something on the path
--           (a firewall, a load balancer, a translator) forgets connections after that time.
-- column:   service endpoint SERVICE: address and port of the responder
-- column:   dead number DEAD: connections found dead after a silence of ten seconds or more
-- column:   shortest_us span SHORTEST: the shortest such silence
-- column:   longest_us span/2 LONGEST: the longest
-- column:   outlived_us span OUTLIVED: the longest silence that another connection of the service outlived
-- column:   cut_us span CUT AFTER: the time after which they are cut, where lastack found idle-cut
-- column:   sure text/1 SURE: how sure that is
-- column:   example_id id/3 EXAMPLE: one of them (lastack show)
-- none:     no connection was found dead after a silence
-- next:     CUT AFTER names the timeout to look for on the path: set keep-alives of both ends to less
--           (net.ipv4.tcp_keepalive_time), or the timeout to more.
-- more:     lastack show {example_id}
-- more:     lastack explain idle-cut
-- index:    anomaly_code connection_responder
WITH dead AS (
	SELECT a.connection_id AS id, max(json_extract(a.evidence, '$.silence_us')) AS silence_us
	FROM anomaly AS a
	WHERE a.code IN ('half-open', 'keepalive-unanswered', 'connection-reset') AND a.withdrawn_ns IS NULL
		AND json_extract(a.evidence, '$.silence_us') >= 10000000
	GROUP BY a.connection_id
),
services AS (
	SELECT
		c.responder_ip, c.responder_port, c.responder AS service, count(*) AS dead,
		min(d.silence_us) AS shortest_us, max(d.silence_us) AS longest_us, min(c.id) AS example_id
	FROM dead AS d
	JOIN connection_named AS c ON c.id = d.id
	WHERE {chosen}
	GROUP BY c.responder_ip, c.responder_port
),
cut AS (
	SELECT
		json_extract(a.evidence, '$.responder_ip') AS ip, json_extract(a.evidence, '$.responder_port') AS port,
		max(a.time_ns) AS time_ns, json_extract(a.evidence, '$.idle_us') AS idle_us, a.confidence
	FROM anomaly AS a
	WHERE a.code = 'idle-cut' AND a.withdrawn_ns IS NULL
	GROUP BY 1, 2
)
SELECT
	service,
	dead,
	shortest_us,
	longest_us,
	(
		SELECT max(c.idle_max_us) FROM connection AS c
		WHERE c.responder_ip = s.responder_ip AND c.responder_port = s.responder_port AND {chosen}
			AND c.id NOT IN (SELECT id FROM dead)
	) AS outlived_us,
	cut.idle_us AS cut_us,
	cut.confidence AS sure,
	example_id
FROM services AS s
LEFT JOIN cut ON cut.ip = s.responder_ip AND cut.port = s.responder_port
ORDER BY cut_us IS NULL, dead DESC, service
{limit};
