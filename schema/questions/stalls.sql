-- Where did data stop flowing, and at whom?
--
-- answers:  Endpoints that held a transfer up: their program did not read, what they sent was lost so that they had to
--           wait for their timer, or they vanished.
-- column:   endpoint endpoint ENDPOINT: at whom; of initiators, whose ports change, the address alone
-- column:   cause text CAUSE: why, as an anomaly (lastack explain)
-- column:   connections number CONNECTIONS: in how many
-- column:   times number/2 TIMES: how often, in all of them
-- column:   longest_us span LONGEST: the longest of them, of the first in each connection
-- column:   example_id id/3 EXAMPLE: the connection with that one (lastack show)
-- column:   reading text/1 READING: what it means
-- none:     nothing was held up
-- more:     lastack show {example_id}
-- more:     lastack explain {cause}
-- index:    anomaly_code
SELECT
	iif(a.side = 'responder', c.responder, c.initiator_ip) AS endpoint,
	a.code AS cause,
	count(DISTINCT a.connection_id) AS connections,
	sum(a.count) AS times,
	max(coalesce(json_extract(a.evidence, '$.closed_us'), json_extract(a.evidence, '$.pause_us'),
		json_extract(a.evidence, '$.silence_us'), 0)) AS longest_us,
	a.connection_id AS example_id, -- of the row that has the longest
	CASE a.code
		WHEN 'zero-window' THEN 'its program does not read fast enough'
		WHEN 'retransmission-timeout' THEN 'what it sent was lost, and only its timer noticed'
		WHEN 'peer-vanished' THEN 'it did not answer any more'
	END AS reading
FROM anomaly AS a
JOIN connection_named AS c ON c.id = a.connection_id
WHERE a.code IN ('zero-window', 'retransmission-timeout', 'peer-vanished') AND a.withdrawn_ns IS NULL AND {chosen}
GROUP BY 1, a.code
ORDER BY longest_us DESC, times DESC, endpoint
{limit};
