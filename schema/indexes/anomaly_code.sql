-- Anomalies of a few kinds, and their connections.
CREATE INDEX IF NOT EXISTS anomaly_code ON anomaly (code, connection_id);
