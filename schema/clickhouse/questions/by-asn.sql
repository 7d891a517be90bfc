SELECT
	place AS asn,
	max(owner) AS organisation,
	sum(opened_here) AS opened,
	sum(accepted_here) AS accepted,
	sum(sent) AS sent_bytes,
	sum(received) AS received_bytes
FROM (
	SELECT
		initiator_asn AS place, max(initiator_organisation) AS owner, count() AS opened_here, 0 AS accepted_here,
		sum(initiator_bytes) AS sent, sum(responder_bytes) AS received
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY initiator_asn
	UNION ALL
	SELECT
		responder_asn AS place, max(responder_organisation) AS owner, 0 AS opened_here, count() AS accepted_here,
		sum(responder_bytes) AS sent, sum(initiator_bytes) AS received
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY responder_asn
)
WHERE (SELECT countIf(initiator_asn IS NOT NULL OR responder_asn IS NOT NULL) FROM connection FINAL WHERE {chosen}) > 0
GROUP BY place
ORDER BY sent_bytes + received_bytes DESC, opened + accepted DESC, place NULLS FIRST
{limit}
