SELECT
	id,
	greatest(last_ns, greatest(coalesce(initiator_state_since_ns, 0), coalesce(responder_state_since_ns, 0)))
		AS changed_ns,
	{initiator} AS initiator,
	{responder} AS responder,
	multiIf(
		coalesce(closed_ns, 0) >= {TIME}, 'over',
		coalesce(closing_ns, 0) >= {TIME}, 'closing',
		first_ns >= {TIME}, 'new',
		coalesce(established_ns, 0) >= {TIME}, 'established',
		coalesce(last_ns, 0) >= {TIME}, 'segments',
		'timer'
	) AS change,
	outcome,
	initiator_state,
	initiator_state_basis AS initiator_basis,
	responder_state,
	responder_state_basis AS responder_basis,
	anomalies
FROM connection FINAL
WHERE changed_ns >= {TIME} AND {chosen}
ORDER BY changed_ns DESC, id DESC
{limit}
