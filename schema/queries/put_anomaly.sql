-- A row of table anomaly.
INSERT INTO anomaly (
	connection_id, capture_id, time_ns, code, side, severity, confidence, count, first_ns, last_ns, withdrawn_ns,
	evidence, packet
) VALUES (
	?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
	?11, ?12, ?13
);
