SELECT
	endpoint,
	side,
	count() AS waiting,
	countIf(basis = 'proved') AS proved,
	intDiv(max(greatest(coalesce(end_ns, last_ns), last_ns) - since_ns), 1000) AS oldest_us,
	-- of less than a minute nothing is said
	toInt64(if(max(since_ns) - min(since_ns) >= 60000000000,
		(toInt64(count()) - 1) * 3600e9 / (max(since_ns) - min(since_ns)), NULL)) AS per_hour,
	uniqExact(peer) AS peers,
	min(id) AS example_id
FROM (
	SELECT
		sensor, database, capture_id, id, {responder} AS endpoint, 'responder' AS side, initiator_ip AS peer,
		responder_state_since_ns AS since_ns, responder_state_basis AS basis, last_ns
	FROM connection FINAL
	WHERE responder_state = 'CLOSE-WAIT' AND {chosen}
	UNION ALL
	SELECT
		sensor, database, capture_id, id, initiator_ip AS endpoint, 'initiator' AS side, responder_ip AS peer,
		initiator_state_since_ns AS since_ns, initiator_state_basis AS basis, last_ns
	FROM connection FINAL
	WHERE initiator_state = 'CLOSE-WAIT' AND {chosen}
) AS l
ALL LEFT JOIN (
	SELECT sensor, database, id AS capture_id, last_ns AS end_ns
	FROM capture FINAL
) AS r USING sensor, database, capture_id
GROUP BY endpoint, side
ORDER BY waiting DESC, oldest_us DESC, endpoint
{limit}
