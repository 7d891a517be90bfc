-- The tables of a ClickHouse that lastack ship sends to; 18.16 and later.
--
-- Columns are those of the SQLite tables of the same names (lastack-db(5)), addresses text and times nanoseconds as there.
-- Before them: sensor, which sent the row; database, a number that tells its databases apart, so that (sensor, database,
-- id) names one row of one file; version, the number of the batch that brought it.  A row may arrive twice, and again when
-- it has changed: FINAL shows the last version.  For that the columns behind ORDER BY never change in one row.

-- One row per connection, with the places of its addresses.  By time: a question of an hour reads an hour.
CREATE TABLE connection (
	sensor String, database Int64, version UInt64, id Int64, capture_id Int64, initiator_ip String,
	responder_ip String, initiator_port Nullable(Int64), responder_port Nullable(Int64),
	role_basis Nullable(String), vlan Nullable(Int64), tunnel Nullable(String), community_id Nullable(String),
	first_ns Int64, last_ns Nullable(Int64), established_ns Nullable(Int64), closing_ns Nullable(Int64),
	closed_ns Nullable(Int64), duration_us Nullable(Int64), outcome Nullable(String),
	first_closer Nullable(String), reset_by Nullable(String), initiator_state Nullable(String),
	responder_state Nullable(String), initiator_state_basis Nullable(String),
	responder_state_basis Nullable(String), initiator_state_since_ns Nullable(Int64),
	responder_state_since_ns Nullable(Int64), time_wait_ends_ns Nullable(Int64),
	time_wait_basis Nullable(String), initiator_segments Nullable(Int64), responder_segments Nullable(Int64),
	initiator_bytes Nullable(Int64), responder_bytes Nullable(Int64), initiator_wire_bytes Nullable(Int64),
	responder_wire_bytes Nullable(Int64), initiator_retransmitted_segments Nullable(Int64),
	responder_retransmitted_segments Nullable(Int64), initiator_fast_retransmissions Nullable(Int64),
	responder_fast_retransmissions Nullable(Int64), initiator_spurious_retransmissions Nullable(Int64),
	responder_spurious_retransmissions Nullable(Int64), initiator_retransmitted_bytes Nullable(Int64),
	responder_retransmitted_bytes Nullable(Int64), initiator_out_of_order_segments Nullable(Int64),
	responder_out_of_order_segments Nullable(Int64), initiator_gap_bytes Nullable(Int64),
	responder_gap_bytes Nullable(Int64), initiator_missed_bytes Nullable(Int64),
	responder_missed_bytes Nullable(Int64), initiator_repaired_bytes Nullable(Int64),
	responder_repaired_bytes Nullable(Int64), initiator_duplicate_acks Nullable(Int64),
	responder_duplicate_acks Nullable(Int64), initiator_zero_windows Nullable(Int64),
	responder_zero_windows Nullable(Int64), initiator_keepalives Nullable(Int64),
	responder_keepalives Nullable(Int64), initiator_max_window Nullable(Int64),
	responder_max_window Nullable(Int64), initiator_syns Nullable(Int64), responder_syns Nullable(Int64),
	initiator_fins Nullable(Int64), responder_fins Nullable(Int64), initiator_rsts Nullable(Int64),
	responder_rsts Nullable(Int64), copied_segments Nullable(Int64), conflicting_segments Nullable(Int64),
	syn_rtt_us Nullable(Int64), ack_rtt_us Nullable(Int64), initiator_rtt_min_us Nullable(Int64),
	responder_rtt_min_us Nullable(Int64), initiator_rtt_avg_us Nullable(Int64),
	responder_rtt_avg_us Nullable(Int64), initiator_rtt_max_us Nullable(Int64),
	responder_rtt_max_us Nullable(Int64), initiator_rtt_samples Nullable(Int64),
	responder_rtt_samples Nullable(Int64), answer_us Nullable(Int64), idle_max_us Nullable(Int64),
	initiator_window_closed_us Nullable(Int64), responder_window_closed_us Nullable(Int64),
	initiator_mss Nullable(Int64), responder_mss Nullable(Int64), initiator_window_scale Nullable(Int64),
	responder_window_scale Nullable(Int64), initiator_sack Nullable(UInt8), responder_sack Nullable(UInt8),
	initiator_timestamps Nullable(UInt8), responder_timestamps Nullable(UInt8), initiator_isn Nullable(Int64),
	responder_isn Nullable(Int64), initiator_ttl Nullable(Int64), responder_ttl Nullable(Int64),
	midstream Nullable(UInt8), one_sided Nullable(UInt8), gap_possible Nullable(UInt8),
	truncated Nullable(UInt8), conn_state Nullable(String), history Nullable(String), timeline Nullable(String),
	revisions Nullable(String), conn_log Nullable(String), anomalies Nullable(Int64),
	worst_severity Nullable(String), initiator_country Nullable(String), responder_country Nullable(String),
	initiator_region Nullable(String), responder_region Nullable(String), initiator_city Nullable(String),
	responder_city Nullable(String), initiator_latitude Nullable(Float64), responder_latitude Nullable(Float64),
	initiator_longitude Nullable(Float64), responder_longitude Nullable(Float64), initiator_asn Nullable(Int64),
	responder_asn Nullable(Int64), initiator_organisation Nullable(String),
	responder_organisation Nullable(String)
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(first_ns, 1000000000), 'UTC'))
ORDER BY (first_ns, sensor, database, id);

-- What went wrong.  connection_id is 0 where it is of several connections together.  id is that of the last version, as the
-- file has it.  about: the endpoint that it is about, or of several connections their addresses: with the time when it
-- became known it names the row, whatever else is found later.
CREATE TABLE anomaly (
	sensor String, database Int64, version UInt64, id Int64, connection_id Int64, capture_id Int64,
	time_ns Int64, code String, side Nullable(String), severity String, confidence String, count Int64,
	first_ns Int64, last_ns Int64, withdrawn_ns Nullable(Int64), evidence String, packet Nullable(Int64),
	initiator_ip Nullable(String), responder_ip Nullable(String), initiator_port Nullable(Int64),
	responder_port Nullable(Int64), about String
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (code, time_ns, sensor, database, connection_id, capture_id, about);

-- One row per input: a file that was read, an interface that was watched.
CREATE TABLE capture (
	sensor String, database Int64, version UInt64, id Int64, source Nullable(String), kind Nullable(String),
	link_type Nullable(String), snap_length Nullable(Int64), filter Nullable(String), stack Nullable(String),
	msl_ms Nullable(Int64), program_version Nullable(String), host Nullable(String), fingerprint Nullable(Int64),
	first_ns Nullable(Int64), last_ns Nullable(Int64), read_ns Nullable(Int64), packets Nullable(Int64),
	bytes Nullable(Int64), tcp_packets Nullable(Int64), tcp_bytes Nullable(Int64),
	not_tcp_packets Nullable(Int64), not_tcp_bytes Nullable(Int64), fragment_packets Nullable(Int64),
	fragment_bytes Nullable(Int64), truncated_packets Nullable(Int64), truncated_bytes Nullable(Int64),
	malformed_packets Nullable(Int64), malformed_bytes Nullable(Int64), unsupported_link_packets Nullable(Int64),
	unsupported_link_bytes Nullable(Int64), too_deep_packets Nullable(Int64), too_deep_bytes Nullable(Int64),
	filtered_packets Nullable(Int64), filtered_bytes Nullable(Int64), dropped_kernel Nullable(Int64),
	dropped_interface Nullable(Int64), time_back Nullable(Int64), connections Nullable(Int64),
	end_reason Nullable(String)
) ENGINE = ReplacingMergeTree(version)
ORDER BY (sensor, database, id);
