-- A row of table anomaly.
INSERT INTO anomaly (
	connection_id, capture_id, time_ns, code, side, severity, confidence, count, first_ns, last_ns, withdrawn_ns,
	evidence, packet
) VALUES (
	:connection_id, :capture_id, :time_ns, :code, :side, :severity, :confidence, :count, :first_ns, :last_ns,
	:withdrawn_ns, :evidence, :packet
);
