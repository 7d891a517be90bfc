SELECT host, side, ports, proved, first_free_ns, last_free_ns
FROM (
	SELECT
		initiator_ip AS host, 'initiator' AS side, count() AS ports,
		countIf(initiator_state_basis = 'proved') AS proved,
		min(time_wait_ends_ns) AS first_free_ns, max(time_wait_ends_ns) AS last_free_ns
	FROM connection FINAL
	WHERE initiator_state = 'TIME-WAIT' AND {chosen}
	GROUP BY initiator_ip
	UNION ALL
	SELECT
		responder_ip AS host, 'responder' AS side, count() AS ports,
		countIf(responder_state_basis = 'proved') AS proved,
		min(time_wait_ends_ns) AS first_free_ns, max(time_wait_ends_ns) AS last_free_ns
	FROM connection FINAL
	WHERE responder_state = 'TIME-WAIT' AND {chosen}
	GROUP BY responder_ip
)
ORDER BY ports DESC, host, side
{limit}
