SELECT
	place AS country,
	sum(opened_here) AS opened,
	sum(accepted_here) AS accepted,
	sum(sent) AS sent_bytes,
	sum(received) AS received_bytes
FROM (
	SELECT
		initiator_country AS place, count() AS opened_here, 0 AS accepted_here,
		sum(initiator_bytes) AS sent, sum(responder_bytes) AS received
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY initiator_country
	UNION ALL
	SELECT
		responder_country AS place, 0 AS opened_here, count() AS accepted_here,
		sum(responder_bytes) AS sent, sum(initiator_bytes) AS received
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY responder_country
)
WHERE (SELECT countIf(initiator_country IS NOT NULL OR responder_country IS NOT NULL) FROM connection FINAL WHERE {chosen}) > 0
GROUP BY place
ORDER BY sent_bytes + received_bytes DESC, opened + accepted DESC, place NULLS FIRST
{limit}
