-- Who closes first?
--
-- answers:  Of each service, which side sent the first FIN.  That side keeps the connection in TIME-WAIT: an initiator
--           keeps a port that it cannot use for this service meanwhile, a responder keeps a record.
-- column:   service endpoint SERVICE: address and port of the responder
-- column:   connections number CONNECTIONS: all of them
-- column:   initiator number INITIATOR: closed first by the initiator
-- column:   responder number RESPONDER: by the responder
-- column:   both number/2 AT ONCE: by both, neither having seen the other's FIN
-- column:   neither number NEITHER: no FIN: reset, refused, unanswered, or still open
-- column:   responder_percent percent/1 RESPONDER FIRST: share of the responder in those that were closed
-- none:     no connection
-- note:     who closes first is in TIME-WAIT afterwards
-- more:     lastack ask time-wait
-- more:     lastack explain TIME-WAIT
-- index:    connection_responder
SELECT
	c.responder AS service,
	count(*) AS connections,
	sum(c.first_closer IS 'initiator') AS initiator,
	sum(c.first_closer IS 'responder') AS responder,
	sum(c.first_closer IS 'both') AS both,
	sum(c.first_closer IS NULL) AS neither,
	round(100.0 * sum(c.first_closer IS 'responder') / nullif(count(c.first_closer), 0), 1) AS responder_percent
FROM connection_named AS c
WHERE {chosen}
GROUP BY c.responder_ip, c.responder_port
ORDER BY connections DESC, c.responder_ip, c.responder_port
{limit};
