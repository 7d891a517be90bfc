-- Whose last acknowledgement is missing, and where was it lost?
--
-- answers:  Connections that both sides closed, and whose last ACK did not do its work: by who waits for it, and by what
--           became of it.  Lost before the tap or never sent, lost behind the tap, and missed by the capture alone look
--           different, and are told apart.
-- column:   waiting endpoint WAITING FOR IT: the second closer; of initiators, whose ports change, the address alone
-- column:   connections number CONNECTIONS: how many
-- column:   still number/1 STILL: of these, the second closer is in LAST-ACK at the end of what was seen
-- column:   copies number/2 FIN AGAIN: how often its FIN was sent again, in all of them
-- column:   sure text/3 SURE: how sure that is, at the best
-- column:   last_ns time/4 LAST: when the last of them became known
-- column:   example_id id EXAMPLE: that one (lastack show)
-- column:   reading text READING: what became of the ACK
-- none:     every last acknowledgement was seen, or the capture ended before it was due
-- more:     lastack show {example_id}
-- more:     lastack explain missing-final-ack
-- index:    anomaly_code
SELECT
	-- the anomaly is of the first closer, who owes the ACK
	iif(a.side = 'initiator', c.responder, c.initiator_ip) AS waiting,
	count(*) AS connections,
	sum(iif(a.side = 'initiator', c.responder_state, c.initiator_state) IS 'LAST-ACK') AS still,
	sum(iif(a.side = 'initiator', c.responder_fins, c.initiator_fins) - 1) AS copies,
	CASE max(CASE a.confidence WHEN 'sure' THEN 3 WHEN 'likely' THEN 2 ELSE 1 END)
		WHEN 3 THEN 'sure' WHEN 2 THEN 'likely' ELSE 'unsure' END AS sure,
	max(a.time_ns) AS last_ns,
	max(a.connection_id) AS example_id,
	CASE a.code
		WHEN 'missing-final-ack' THEN coalesce(json_extract(a.evidence, '$.reading'), 'never came')
		WHEN 'time-wait-restart' THEN 'lost behind the tap, and sent again'
		ELSE 'evidently came: the capture missed it'
	END AS reading
FROM anomaly AS a
JOIN connection_named AS c ON c.id = a.connection_id
WHERE a.code IN ('missing-final-ack', 'time-wait-restart', 'final-ack-unseen') AND a.withdrawn_ns IS NULL
	AND {chosen}
GROUP BY waiting, reading
ORDER BY max(a.code = 'missing-final-ack') DESC, connections DESC, waiting
{limit};
