-- Which countries do connections come from and go to?
--
-- answers:  Countries by the octets that hosts there sent and received.  A connection within one country counts on both
--           sides of its row.
-- column:   country text COUNTRY: ISO 3166-1 code; -: not known, private addresses for example
-- column:   opened number OPENED: connections that hosts there opened
-- column:   accepted number ACCEPTED: connections that were opened to hosts there
-- column:   sent_bytes bytes SENT: octets that hosts there sent
-- column:   received_bytes bytes RECEIVED: octets that they were sent
-- none:     no address has a country (lastack read --geo FILE.mmdb)
-- more:     lastack list --country {country} --limit 20
-- index:    connection_initiator connection_responder
WITH sides AS (
	SELECT
		c.initiator_ip AS ip, count(*) AS opened, 0 AS accepted,
		sum(c.initiator_bytes) AS sent, sum(c.responder_bytes) AS received
	FROM connection AS c
	WHERE {chosen}
	GROUP BY c.initiator_ip
	UNION ALL
	SELECT
		c.responder_ip, 0, count(*),
		sum(c.responder_bytes), sum(c.initiator_bytes)
	FROM connection AS c
	WHERE {chosen}
	GROUP BY c.responder_ip
)
SELECT
	a.country,
	sum(s.opened) AS opened,
	sum(s.accepted) AS accepted,
	sum(s.sent) AS sent_bytes,
	sum(s.received) AS received_bytes
FROM sides AS s
LEFT JOIN address AS a ON a.ip = s.ip
WHERE EXISTS (SELECT 1 FROM address WHERE country IS NOT NULL)
GROUP BY a.country
ORDER BY sent_bytes + received_bytes DESC, opened + accepted DESC, a.country
{limit};
