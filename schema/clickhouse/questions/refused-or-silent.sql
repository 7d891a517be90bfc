SELECT
	service,
	refused,
	silent,
	answered,
	initiators,
	begun_ns AS first_ns,
	ended_ns AS last_ns,
	multiIf(
		refused > 0 AND silent > 0, 'refused and silent by turns: it comes and goes',
		refused > 0 AND answered > 0, 'listens at times: restarted, or refused to some',
		refused > 0, 'nothing listens there, or a filter rejects',
		answered > 0, 'answers at times: a full queue, a filter, loss',
		'never answers: down, filtered, or no way back'
	) AS reading
FROM (
	SELECT
		{responder} AS service,
		countIf(coalesce(outcome, '') = 'refused') AS refused,
		countIf(coalesce(outcome, '') = 'unanswered') AS silent,
		count() - countIf(coalesce(outcome, '') IN ('refused', 'unanswered')) AS answered,
		uniqExactIf(initiator_ip, coalesce(outcome, '') IN ('refused', 'unanswered')) AS initiators,
		minIf(first_ns, coalesce(outcome, '') IN ('refused', 'unanswered')) AS begun_ns,
		maxIf(first_ns, coalesce(outcome, '') IN ('refused', 'unanswered')) AS ended_ns
	FROM connection FINAL
	WHERE {chosen}
	GROUP BY responder_ip, responder_port
	HAVING refused + silent > 0
)
ORDER BY refused + silent DESC, service
{limit}
