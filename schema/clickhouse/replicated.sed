# Every shard on several servers: the same tables, which ZooKeeper or ClickHouse Keeper keeps equal.
#
#     sed -f replicated.sed 0001_tables.sql | clickhouse-client -d lastack_shard --multiquery
#
# on each server.  <macros> of its configuration name {shard}, one for the copies of a shard, and {replica}, its own; and
# <internal_replication>true</internal_replication> stands in each shard of remote_servers, so that distributed.sql writes
# to one copy and the others fetch it.
/^CREATE TABLE/{
h
s/^CREATE TABLE \([a-z]*\).*/\1/
x
}
/ENGINE = ReplacingMergeTree(version)/{
G
s|ReplacingMergeTree(version)\(.*\)\n\(.*\)|ReplicatedReplacingMergeTree('/clickhouse/lastack/{shard}/\2', '{replica}', version)\1|
}
