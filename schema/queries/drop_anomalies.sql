-- Of a connection whose row is replaced: they are stored anew with it.
DELETE FROM anomaly WHERE connection_id = ?1;
