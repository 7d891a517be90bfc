-- Which hosts send and receive most?
--
-- answers:  Hosts by the octets of payload that they sent and received, as initiator and as responder together.
-- column:   host text HOST: its address
-- column:   opened number/3 OPENED: connections that it opened
-- column:   accepted number/2 ACCEPTED: connections that others opened to it, or tried to
-- column:   sent_bytes bytes SENT: octets that it sent
-- column:   received_bytes bytes RECEIVED: octets that it was sent
-- column:   share_percent percent/1 SHARE: of all octets that passed, those that it sent or received
-- none:     no connection
-- more:     lastack list --host {host} --sort -duration_us --limit 20
-- index:    connection_initiator connection_responder
WITH opened AS (
	SELECT
		c.initiator_ip AS host, count(*) AS connections,
		sum(c.initiator_bytes) AS sent, sum(c.responder_bytes) AS received
	FROM connection AS c
	WHERE {chosen}
	GROUP BY c.initiator_ip
),
accepted AS (
	SELECT
		c.responder_ip AS host, count(*) AS connections,
		sum(c.responder_bytes) AS sent, sum(c.initiator_bytes) AS received
	FROM connection AS c
	WHERE {chosen}
	GROUP BY c.responder_ip
),
-- each host once, and without a sort of all of them: most open connections only
hosts AS (
	SELECT
		o.host, o.connections AS opened, coalesce(a.connections, 0) AS accepted,
		o.sent + coalesce(a.sent, 0) AS sent_bytes, o.received + coalesce(a.received, 0) AS received_bytes
	FROM opened AS o
	LEFT JOIN accepted AS a ON a.host = o.host
	UNION ALL
	SELECT a.host, 0, a.connections, a.sent, a.received
	FROM accepted AS a
	WHERE NOT EXISTS (SELECT 1 FROM connection AS c WHERE c.initiator_ip = a.host AND {chosen})
)
SELECT
	host,
	opened,
	accepted,
	sent_bytes,
	received_bytes,
	round(100.0 * (sent_bytes + received_bytes) / nullif((SELECT sum(sent + received) FROM accepted), 0), 1)
		AS share_percent
FROM hosts
ORDER BY sent_bytes + received_bytes DESC, host
{limit};
