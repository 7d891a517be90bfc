SELECT
	{responder} AS service,
	count() AS connections,
	countIf(coalesce(first_closer, '') = 'initiator') AS initiator,
	countIf(coalesce(first_closer, '') = 'responder') AS responder,
	countIf(coalesce(first_closer, '') = 'both') AS both,
	countIf(first_closer IS NULL) AS neither,
	round(100.0 * countIf(coalesce(first_closer, '') = 'responder') / nullIf(count(first_closer), 0), 1) AS responder_percent
FROM connection FINAL
WHERE {chosen}
GROUP BY responder_ip, responder_port
ORDER BY connections DESC, responder_ip, responder_port
{limit}
