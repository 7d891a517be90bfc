-- Rows of several connections together, of captures from ?1 on: those that go on are stored anew.
DELETE FROM anomaly WHERE connection_id IS NULL AND capture_id >= ?1;
