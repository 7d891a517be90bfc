-- One row per change of state of either side, from connection.timeline, as view transition of the SQLite file has them
-- (lastack-db(5)).  Made when it is asked, so that it is always as new as the connection; where no state was known before,
-- or nothing has changed (confirm), from_state is ''.
--
-- A step of a timeline is text of one form, [offset,"I","SS","p"], which is taken apart from its end.
CREATE VIEW transition AS
SELECT
	sensor,
	database,
	id AS connection_id,
	first_ns + offset * 1000 AS time_ns,
	if(side_code = 'I', 'initiator', 'responder') AS side,
	if(side_code = 'I', initiator_ip, responder_ip) AS endpoint_ip,
	if(side_code = 'I', initiator_port, responder_port) AS endpoint_port,
	transform(from_code,
		['CL', 'LI', 'SS', 'SR', 'ES', 'F1', 'F2', 'CW', 'CG', 'LA', 'TW'],
		['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING',
			'LAST-ACK', 'TIME-WAIT'], '') AS from_state,
	transform(to_code,
		['CL', 'LI', 'SS', 'SR', 'ES', 'F1', 'F2', 'CW', 'CG', 'LA', 'TW'],
		['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING',
			'LAST-ACK', 'TIME-WAIT'], '') AS to_state,
	multiIf(basis_code = '?', 'presumed', basis_code = '*', 'timer', 'proved') AS basis,
	basis_code = 'c' AS confirm
FROM (
	SELECT
		sensor, database, id, first_ns, initiator_ip, responder_ip, initiator_port, responder_port,
		splitByString('],[', substring(assumeNotNull(timeline), 3, length(assumeNotNull(timeline)) - 4)) AS steps,
		arrayMap(x -> toInt64(splitByChar(',', x)[1]), steps) AS offsets,
		arrayMap(x -> substring(x, length(x) - 10, 1), steps) AS sides,
		arrayMap(x -> substring(x, length(x) - 6, 2), steps) AS states,
		arrayMap(x -> substring(x, length(x) - 1, 1), steps) AS bases,
		-- moves of each side are counted by themselves: the move before one is that with the number before
		arrayMap((x, y) -> if(y = 'c', 'c', x), sides, bases) AS kinds,
		arrayFilter((x, y) -> y = 'I', states, kinds) AS moves_i,
		arrayFilter((x, y) -> y = 'R', states, kinds) AS moves_r,
		arrayMap((x, n) -> multiIf(x = 'I', moves_i[n - 1], x = 'R', moves_r[n - 1], ''),
			kinds, arrayEnumerateUniq(kinds)) AS froms
	FROM connection FINAL
	WHERE timeline != '[]'
)
ARRAY JOIN
	offsets AS offset, sides AS side_code, states AS to_code, bases AS basis_code, froms AS from_code;
