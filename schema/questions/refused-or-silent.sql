-- Which services refuse connections, or do not answer?
--
-- answers:  Services to which attempts failed: answered by a RST (nothing listens there, or a filter rejects), or not at
--           all (the host is down, a filter drops, the queue of the listener is full, or the answer took another way).
-- column:   service endpoint SERVICE: address and port that was tried
-- column:   refused number REFUSED: attempts answered by a RST
-- column:   silent number SILENT: attempts without any answer
-- column:   answered number ANSWERED: all other connections of the service
-- column:   initiators number/2 INITIATORS: different addresses whose attempts failed
-- column:   first_ns time/1 FIRST: the first attempt that failed
-- column:   last_ns time/3 LAST: the last one
-- column:   reading text READING: what that looks like
-- none:     every attempt was answered
-- more:     lastack list --outcome refused
-- more:     lastack list --outcome unanswered
-- more:     lastack explain connection-refused
-- index:    connection_outcome connection_responder
WITH failed AS (
	SELECT
		c.responder AS service, c.responder_ip, c.responder_port,
		sum(c.outcome = 'refused') AS refused,
		sum(c.outcome = 'unanswered') AS silent,
		count(DISTINCT c.initiator_ip) AS initiators,
		min(c.first_ns) AS first_ns,
		max(c.first_ns) AS last_ns
	FROM connection_named AS c
	WHERE c.outcome IN ('refused', 'unanswered') AND {chosen}
	GROUP BY c.responder_ip, c.responder_port
),
compared AS (
	SELECT
		*,
		(
			SELECT count(*) FROM connection AS c
			WHERE c.responder_ip = f.responder_ip AND c.responder_port = f.responder_port AND {chosen}
		) - refused - silent AS answered
	FROM failed AS f
)
SELECT
	service,
	refused,
	silent,
	answered,
	initiators,
	first_ns,
	last_ns,
	CASE
		WHEN refused > 0 AND silent > 0 THEN 'refused and silent by turns: it comes and goes'
		WHEN refused > 0 AND answered > 0 THEN 'listens at times: restarted, or refused to some'
		WHEN refused > 0 THEN 'nothing listens there, or a filter rejects'
		WHEN answered > 0 THEN 'answers at times: a full queue, a filter, loss'
		ELSE 'never answers: down, filtered, or no way back'
	END AS reading
FROM compared
ORDER BY refused + silent DESC, service
{limit};
