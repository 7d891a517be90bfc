-- Several servers as one: after 0001_tables.sql was run in database lastack_shard of each of them, this is run in database
-- lastack of each, and sensors send there: lastack ship --to http://HOST:8123/lastack.  remote_servers of the servers'
-- configuration names the shards of cluster `lastack`.  0002_transition.sql is run in lastack, too.
--
-- A row that is sent again must come to the shard that has it: only there the new version replaces the old one.  So the
-- shard follows from columns that never change in one row.  A connection and its anomalies are on the same one.
CREATE TABLE connection AS lastack_shard.connection
ENGINE = Distributed(lastack, lastack_shard, connection, cityHash64(sensor, database, id));

CREATE TABLE anomaly AS lastack_shard.anomaly
ENGINE = Distributed(lastack, lastack_shard, anomaly, cityHash64(sensor, database, connection_id));

CREATE TABLE capture AS lastack_shard.capture
ENGINE = Distributed(lastack, lastack_shard, capture, cityHash64(sensor, database, id));
