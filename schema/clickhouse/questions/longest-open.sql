SELECT
	id,
	initiator,
	responder,
	initiator_state,
	initiator_basis,
	responder_state,
	responder_basis,
	intDiv(greatest(coalesce(end_ns, last_ns), last_ns) - first_ns, 1000) AS age_us,
	intDiv(greatest(coalesce(end_ns, last_ns), last_ns) - last_ns, 1000) AS silent_us,
	bytes,
	midstream
FROM (
	SELECT
		sensor, database, capture_id, id, {initiator} AS initiator, {responder} AS responder, initiator_state,
		initiator_state_basis AS initiator_basis, responder_state, responder_state_basis AS responder_basis,
		first_ns, last_ns, initiator_bytes + responder_bytes AS bytes, midstream
	FROM connection FINAL
	WHERE outcome IN ('open', 'capture-ended') AND {chosen}
) AS l
ALL LEFT JOIN (
	SELECT sensor, database, id AS capture_id, last_ns AS end_ns
	FROM capture FINAL
) AS r USING sensor, database, capture_id
ORDER BY age_us DESC, id
{limit}
