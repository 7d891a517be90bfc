SELECT
	host,
	sum(opened_here) AS opened,
	sum(accepted_here) AS accepted,
	sum(sent) AS sent_bytes,
	sum(received) AS received_bytes,
	round(100.0 * (sum(sent) + sum(received)) / nullIf((
		SELECT sum(initiator_bytes) + sum(responder_bytes) FROM connection FINAL WHERE {chosen}
	), 0), 1) AS share_percent
FROM (
	SELECT
		initiator_ip AS host, count() AS opened_here, 0 AS accepted_here,
		sum(initiator_bytes) AS sent, sum(responder_bytes) AS received
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY initiator_ip
	UNION ALL
	SELECT
		responder_ip AS host, 0 AS opened_here, count() AS accepted_here,
		sum(responder_bytes) AS sent, sum(initiator_bytes) AS received
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY responder_ip
)
GROUP BY host
ORDER BY sent_bytes + received_bytes DESC, host
{limit}
