-- Changes of states, a row each, as view transition of the SQLite database has them (lastack-db(5)); made from
-- connection.timeline when they are read.  A step of it is [offset,"I","SS","p"].
CREATE VIEW transition AS
SELECT
	sensor,
	database,
	connection_id,
	first_ns + toInt64(extract(step, '-?[0-9]+')) * 1000 AS time_ns,
	if(side_code = 'I', 'initiator', 'responder') AS side,
	if(side_code = 'I', initiator, responder) AS endpoint,
	nullIf(transform(if(basis_code = 'c', '', substring(before, length(before) - 7, 2)), ['CL', 'LI', 'SS', 'SR', 'ES', 'F1', 'F2', 'CW', 'CG', 'LA', 'TW'],
		['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'], ''), '') AS from_state,
	transform(substring(step, length(step) - 7, 2), ['CL', 'LI', 'SS', 'SR', 'ES', 'F1', 'F2', 'CW', 'CG', 'LA', 'TW'],
		['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'], '') AS to_state,
	multiIf(basis_code = '?', 'presumed', basis_code = '*', 'timer', 'proved') AS basis,
	basis_code = 'c' AS confirm
FROM (
	SELECT
		sensor, database, connection_id, first_ns, initiator, responder, step, side_code, basis_code,
		-- the last one of this side that was a change
		arrayElement(arrayFilter(s -> substring(s, length(s) - 11, 1) = side_code AND substring(s, length(s) - 2, 1) != 'c',
			arraySlice(steps, 1, toInt64(place) - 1)), -1) AS before
	FROM (
		SELECT
			sensor, database, connection_id, first_ns, initiator, responder, steps, place,
			steps[place] AS step,
			substring(step, length(step) - 11, 1) AS side_code,
			substring(step, length(step) - 2, 1) AS basis_code
		FROM (
			SELECT
				sensor, database, id AS connection_id, first_ns,
				concat(if(position(initiator_ip, ':') > 0, concat('[', initiator_ip, ']'), initiator_ip), ':',
					toString(initiator_port)) AS initiator,
				concat(if(position(responder_ip, ':') > 0, concat('[', responder_ip, ']'), responder_ip), ':',
					toString(responder_port)) AS responder,
				extractAll(assumeNotNull(timeline), '\\[-?[0-9][^]]*\\]') AS steps,
				arrayJoin(arrayEnumerate(steps)) AS place
			FROM connection FINAL
			WHERE timeline IS NOT NULL
		)
	)
);
