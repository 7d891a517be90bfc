-- How many connections fit the filter.
SELECT count(*)
FROM connection AS c
LEFT JOIN address AS i ON i.ip = c.initiator_ip
LEFT JOIN address AS r ON r.ip = c.responder_ip
WHERE {fits}
LIMIT :limit;
