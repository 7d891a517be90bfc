-- How far can this capture be trusted?
--
-- answers:  What each capture lost, could not read, or saw one half of.  What is missing in the capture is not missing on
--           the wire: findings of such times are less sure.
-- column:   capture text CAPTURE: the file or interface
-- column:   finding text FINDING: packets, what was lost or not understood; or an anomaly (lastack explain)
-- column:   count number COUNT: packets, or connections
-- column:   share_percent percent SHARE: of all packets, or of all connections
-- column:   meaning text MEANS: what follows
-- none:     nothing was captured
-- more:     lastack explain capture-gap
-- index:    anomaly_code
WITH counts AS (
	SELECT id, 1 AS place, 'TCP packets' AS finding, tcp_packets AS count, packets AS whole,
		'those that connections were made of' AS meaning
	FROM capture
	UNION ALL
	SELECT id, 2, 'lost by the kernel', dropped_kernel, packets + dropped_kernel,
		'the capture was too slow: a larger -B, a filter, a shorter -s'
	FROM capture
	UNION ALL
	SELECT id, 3, 'lost by the interface', dropped_interface, packets + dropped_interface,
		'lost before the kernel saw them: ethtool -S names where'
	FROM capture
	UNION ALL
	SELECT id, 4, 'cut headers', truncated_packets, packets, 'the snap length is too short for their headers'
	FROM capture
	UNION ALL
	SELECT id, 5, 'malformed', malformed_packets, packets, 'damaged, or no packets of the kind that they claim to be'
	FROM capture
	UNION ALL
	SELECT id, 6, 'incomplete fragments', fragment_packets, packets, 'other fragments of their datagrams are missing'
	FROM capture
	UNION ALL
	SELECT id, 7, 'unknown link layer', unsupported_link_packets, packets, 'could not be read: not counted anywhere else'
	FROM capture
	UNION ALL
	SELECT id, 8, 'too deep', too_deep_packets, packets, 'more tunnels in one another than are followed'
	FROM capture
	UNION ALL
	SELECT id, 9, 'times that go back', time_back, packets, 'several queues or clocks: gaps and round trips are less exact'
	FROM capture
	UNION ALL
	SELECT id, 10, 'no regular end', 1, NULL,
		iif(end_reason IS NULL, 'it runs, or was stopped without warning', 'it ended: ' || end_reason)
	FROM capture
	WHERE end_reason IS NULL OR end_reason IN ('damaged', 'interrupted')
	UNION ALL
	SELECT a.capture_id, 11, a.code, count(*), iif(a.connection_id IS NULL, NULL, p.connections), k.title
	FROM anomaly AS a
	JOIN capture AS p ON p.id = a.capture_id
	JOIN anomaly_kind AS k ON k.code = a.code
	WHERE a.code IN ('capture-drop', 'capture-gap', 'one-sided-capture', 'midstream-start', 'role-guessed', 'snaplen-cut',
			'time-backwards', 'duplicate-packet', 'record-evicted', 'bad-checksum')
		AND a.withdrawn_ns IS NULL
	GROUP BY a.capture_id, a.code
)
SELECT
	p.source AS capture,
	finding,
	count,
	round(100.0 * count / nullif(whole, 0), 1) AS share_percent,
	meaning
FROM counts AS n
JOIN capture AS p ON p.id = n.id
WHERE count > 0 OR place = 1
ORDER BY p.id, place, count DESC, finding
{limit};
