-- Rows go straight into the file again, and what they change may wait for the end of a transaction.
PRAGMA main.cache_size = -32768;
PRAGMA wal_autocheckpoint = 8192;
DROP TABLE temp.capture;
DROP TABLE temp.capture_drop;
DROP TABLE temp.connection;
DROP TABLE temp.anomaly;
DROP TABLE temp.address;
