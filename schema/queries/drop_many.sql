-- Rows of several connections together: those that go on are stored anew.
DELETE FROM anomaly WHERE connection_id IS NULL;
