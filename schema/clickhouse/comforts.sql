-- What current releases have and 18.16 has not; run in the database of the tables themselves (lastack_shard, where there is
-- one).  Nothing needs it: rows are sent, and questions asked, the same way without.  Not tried: no current release was at
-- hand; each statement is as ClickHouse documents it.

-- Rows go after some time.
ALTER TABLE connection MODIFY TTL toDateTime(intDiv(first_ns, 1000000000), 'UTC') + INTERVAL 90 DAY;
ALTER TABLE anomaly MODIFY TTL toDateTime(intDiv(time_ns, 1000000000), 'UTC') + INTERVAL 365 DAY;

-- Less room for what is long, and for times, which grow from row to row.
ALTER TABLE connection MODIFY COLUMN timeline Nullable(String) CODEC(ZSTD(3));
ALTER TABLE connection MODIFY COLUMN conn_log Nullable(String) CODEC(ZSTD(3));
ALTER TABLE connection MODIFY COLUMN community_id Nullable(String) CODEC(ZSTD(3));
ALTER TABLE connection MODIFY COLUMN first_ns Int64 CODEC(Delta, ZSTD(1));
ALTER TABLE connection MODIFY COLUMN last_ns Nullable(Int64) CODEC(Delta, ZSTD(1));

-- Times and addresses in types of their own, made when they are read.
ALTER TABLE connection
	ADD COLUMN first_time DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(first_ns, 'UTC'),
	ADD COLUMN last_time Nullable(DateTime64(9, 'UTC')) ALIAS fromUnixTimestamp64Nano(last_ns, 'UTC'),
	ADD COLUMN initiator_ip6 IPv6 ALIAS toIPv6(initiator_ip),
	ADD COLUMN responder_ip6 IPv6 ALIAS toIPv6(responder_ip);
ALTER TABLE anomaly ADD COLUMN time DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(time_ns, 'UTC');
