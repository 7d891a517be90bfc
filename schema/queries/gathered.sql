-- The rows of a connection go when it is put again.
CREATE INDEX temp.gathered_first ON connection (first_ns);
CREATE INDEX temp.gathered_anomaly ON anomaly (connection_id);
