-- The database of lastack, first version.  Man page lastack-db.5 explains each column.
--
-- Times end in _ns and are nanoseconds since 1970-01-01 UTC; durations end in _us and are microseconds.
-- Addresses are canonical text (RFC 5952 for IPv6).  NULL is "not known".  The views below make times, endpoints
-- and states readable, and are what other programs should build on.

PRAGMA application_id = 1279349588; -- 'LAST'

-- One row per input: a file that was read, an interface that was watched.  Each packet is in exactly one bucket:
-- packets = tcp_packets + not_tcp_packets + ... + filtered_packets.
CREATE TABLE capture (
	id INTEGER PRIMARY KEY,
	source TEXT,       -- name of the file as it was given, or of the interface
	kind TEXT,         -- file, interface
	link_type TEXT,
	snap_length INTEGER,
	filter TEXT,
	stack TEXT,        -- whose timers: linux, windows, bsd, rfc
	msl_ms INTEGER,
	program_version TEXT,
	host TEXT,
	fingerprint INTEGER, -- of the content of a file, so that one is not stored twice by mistake
	first_ns INTEGER,  -- first and last packet
	last_ns INTEGER,
	read_ns INTEGER,   -- by the clock of the host: when it was read, or when watching began
	packets INTEGER,
	bytes INTEGER,
	tcp_packets INTEGER,
	tcp_bytes INTEGER,
	not_tcp_packets INTEGER,
	not_tcp_bytes INTEGER,
	fragment_packets INTEGER,
	fragment_bytes INTEGER,
	truncated_packets INTEGER,
	truncated_bytes INTEGER,
	malformed_packets INTEGER,
	malformed_bytes INTEGER,
	unsupported_link_packets INTEGER,
	unsupported_link_bytes INTEGER,
	too_deep_packets INTEGER,
	too_deep_bytes INTEGER,
	filtered_packets INTEGER,
	filtered_bytes INTEGER,
	dropped_kernel INTEGER,
	dropped_interface INTEGER,
	time_back INTEGER, -- packets with a time before that of the packet before them
	connections INTEGER,
	end_reason TEXT    -- NULL: it runs, or was stopped without warning
) STRICT;

-- Packets that the capture itself lost, as counted since the row before.
CREATE TABLE capture_drop (
	capture_id INTEGER NOT NULL REFERENCES capture (id),
	time_ns INTEGER NOT NULL,
	kernel INTEGER,
	interface INTEGER
) STRICT;

-- One row per connection, replaced while it is open.  The columns are those of src/record/columns.def, in order.
CREATE TABLE connection (
	-- identity
	id INTEGER PRIMARY KEY,
	capture_id INTEGER,
	initiator_ip TEXT NOT NULL,
	responder_ip TEXT NOT NULL,
	initiator_port INTEGER,
	responder_port INTEGER,
	role_basis TEXT,
	vlan INTEGER,
	tunnel TEXT,
	community_id TEXT,
	-- time
	first_ns INTEGER,
	last_ns INTEGER,
	established_ns INTEGER,
	closing_ns INTEGER,
	closed_ns INTEGER,
	duration_us INTEGER,
	-- fate
	outcome TEXT,
	first_closer TEXT,
	reset_by TEXT,
	initiator_state TEXT,
	responder_state TEXT,
	initiator_state_basis TEXT,
	responder_state_basis TEXT,
	initiator_state_since_ns INTEGER,
	responder_state_since_ns INTEGER,
	time_wait_ends_ns INTEGER,
	time_wait_basis TEXT,
	-- volume, by sender
	initiator_segments INTEGER,
	responder_segments INTEGER,
	initiator_bytes INTEGER,
	responder_bytes INTEGER,
	initiator_wire_bytes INTEGER,
	responder_wire_bytes INTEGER,
	initiator_retransmitted_segments INTEGER,
	responder_retransmitted_segments INTEGER,
	initiator_fast_retransmissions INTEGER,
	responder_fast_retransmissions INTEGER,
	initiator_spurious_retransmissions INTEGER,
	responder_spurious_retransmissions INTEGER,
	initiator_retransmitted_bytes INTEGER,
	responder_retransmitted_bytes INTEGER,
	initiator_out_of_order_segments INTEGER,
	responder_out_of_order_segments INTEGER,
	initiator_gap_bytes INTEGER,
	responder_gap_bytes INTEGER,
	initiator_missed_bytes INTEGER,
	responder_missed_bytes INTEGER,
	initiator_repaired_bytes INTEGER,
	responder_repaired_bytes INTEGER,
	initiator_duplicate_acks INTEGER,
	responder_duplicate_acks INTEGER,
	initiator_zero_windows INTEGER,
	responder_zero_windows INTEGER,
	initiator_keepalives INTEGER,
	responder_keepalives INTEGER,
	initiator_max_window INTEGER,
	responder_max_window INTEGER,
	initiator_syns INTEGER,
	responder_syns INTEGER,
	initiator_fins INTEGER,
	responder_fins INTEGER,
	initiator_rsts INTEGER,
	responder_rsts INTEGER,
	copied_segments INTEGER,
	conflicting_segments INTEGER,
	-- timing
	syn_rtt_us INTEGER,
	ack_rtt_us INTEGER,
	initiator_rtt_min_us INTEGER,
	responder_rtt_min_us INTEGER,
	initiator_rtt_avg_us INTEGER,
	responder_rtt_avg_us INTEGER,
	initiator_rtt_max_us INTEGER,
	responder_rtt_max_us INTEGER,
	initiator_rtt_samples INTEGER,
	responder_rtt_samples INTEGER,
	answer_us INTEGER,
	idle_max_us INTEGER,
	initiator_window_closed_us INTEGER,
	responder_window_closed_us INTEGER,
	-- options, by sender of the SYN
	initiator_mss INTEGER,
	responder_mss INTEGER,
	initiator_window_scale INTEGER,
	responder_window_scale INTEGER,
	initiator_sack INTEGER,
	responder_sack INTEGER,
	initiator_timestamps INTEGER,
	responder_timestamps INTEGER,
	initiator_isn INTEGER,
	responder_isn INTEGER,
	initiator_ttl INTEGER,
	responder_ttl INTEGER,
	-- quality
	midstream INTEGER,
	one_sided INTEGER,
	gap_possible INTEGER,
	truncated INTEGER,
	-- story
	conn_state TEXT,
	history TEXT,
	timeline TEXT,
	revisions TEXT,
	conn_log TEXT,
	anomalies INTEGER,
	worst_severity TEXT
) STRICT;

-- The only index of connections that is kept while storing: each one more costs a third of the speed, or more.
CREATE INDEX connection_first ON connection (first_ns);

-- The catalogue of anomalies: what each code means.
CREATE TABLE anomaly_kind (
	code TEXT PRIMARY KEY,
	tier INTEGER NOT NULL,      -- 1 to 3: how much it says about one connection by itself
	severity TEXT NOT NULL,     -- info, notice, warning, alert
	rule TEXT NOT NULL,         -- what it rests on: fact, absence, model, score
	title TEXT NOT NULL,
	seen TEXT NOT NULL,         -- what was seen
	meaning TEXT NOT NULL,      -- what that means
	next_check TEXT NOT NULL,   -- what to look at next
	reference TEXT              -- RFC sections
) STRICT, WITHOUT ROWID;

-- What went wrong: one row per code, connection and side.
CREATE TABLE anomaly (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER,      -- NULL: of several connections together
	capture_id INTEGER,
	time_ns INTEGER NOT NULL,   -- when it became known
	code TEXT NOT NULL,
	side TEXT,                  -- initiator, responder; NULL: of neither
	severity TEXT NOT NULL,
	confidence TEXT NOT NULL,   -- sure, likely, unsure
	count INTEGER NOT NULL,     -- how often
	first_ns INTEGER NOT NULL,  -- of what it tells
	last_ns INTEGER NOT NULL,
	withdrawn_ns INTEGER,       -- when later segments showed that it was none; counted nowhere then
	evidence TEXT NOT NULL,     -- JSON
	packet INTEGER              -- number of the packet that shows it first, in its file
) STRICT;

-- Ids of connections come nearly in order, so it grows at its end: a twentieth of the speed where each connection has a row.
CREATE INDEX anomaly_connection ON anomaly (connection_id);

-- Where an address is and whose it is; only with a geo database.
CREATE TABLE address (
	ip TEXT PRIMARY KEY,
	country TEXT,
	region TEXT,
	city TEXT,
	latitude REAL,
	longitude REAL,
	asn INTEGER,
	organisation TEXT
) STRICT, WITHOUT ROWID;

-- The words of connection.initiator_state, .responder_state and .outcome.  Filled by the program.
CREATE TABLE state (
	name TEXT PRIMARY KEY,
	code TEXT NOT NULL UNIQUE, -- in connection.timeline
	short_name TEXT NOT NULL,
	meaning TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
	name TEXT PRIMARY KEY,
	meaning TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Connections with their endpoints as address:port, for the views below.
CREATE VIEW connection_named AS
SELECT
	*,
	iif(instr(initiator_ip, ':'), '[' || initiator_ip || ']:', initiator_ip || ':') || initiator_port
		AS initiator,
	iif(instr(responder_ip, ':'), '[' || responder_ip || ']:', responder_ip || ':') || responder_port
		AS responder
FROM connection;

-- Both sides of each connection, one below the other: the base of the views about endpoints.
CREATE VIEW endpoint AS
SELECT
	id AS connection_id, capture_id, 'initiator' AS side, initiator AS endpoint, responder AS peer,
	initiator_state AS state, initiator_state_basis AS basis, initiator_state_since_ns AS since_ns,
	outcome, time_wait_ends_ns
FROM connection_named
UNION ALL
SELECT
	id, capture_id, 'responder', responder, initiator,
	responder_state, responder_state_basis, responder_state_since_ns,
	outcome, time_wait_ends_ns
FROM connection_named;

-- One readable row per connection.
CREATE VIEW lifecycle AS
SELECT
	c.id,
	strftime('%Y-%m-%dT%H:%M:%S', c.first_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', c.first_ns / 1000000 % 1000) AS start,
	round(c.duration_us / 1e6, 3) AS seconds,
	c.initiator,
	c.responder,
	c.outcome,
	c.initiator_state,
	c.initiator_state_basis AS initiator_basis,
	c.responder_state,
	c.responder_state_basis AS responder_basis,
	c.first_closer,
	c.reset_by,
	c.initiator_bytes,
	c.responder_bytes,
	c.anomalies,
	c.worst_severity,
	nullif(ltrim(coalesce(', ' || i.city, '') || coalesce(', ' || i.country, '')
		|| coalesce(', AS' || i.asn, '') || coalesce(' ' || i.organisation, ''), ', '), '') AS initiator_geo,
	nullif(ltrim(coalesce(', ' || r.city, '') || coalesce(', ' || r.country, '')
		|| coalesce(', AS' || r.asn, '') || coalesce(' ' || r.organisation, ''), ', '), '') AS responder_geo
FROM connection_named AS c
LEFT JOIN address AS i ON i.ip = c.initiator_ip
LEFT JOIN address AS r ON r.ip = c.responder_ip;

-- One readable row per anomaly that stands.  endpoint: the side that it is about.  What is about several connections
-- together has its addresses in the evidence.
CREATE VIEW anomaly_list AS
SELECT
	a.id,
	strftime('%Y-%m-%dT%H:%M:%S', a.time_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', a.time_ns / 1000000 % 1000) AS time,
	a.severity,
	a.code,
	k.title,
	a.confidence,
	a.count,
	a.connection_id,
	c.initiator,
	c.responder,
	a.side,
	iif(a.side = 'initiator', c.initiator, iif(a.side = 'responder', c.responder, NULL)) AS endpoint,
	a.packet,
	a.evidence,
	strftime('%Y-%m-%dT%H:%M:%S', a.first_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', a.first_ns / 1000000 % 1000) AS first,
	strftime('%Y-%m-%dT%H:%M:%S', a.last_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', a.last_ns / 1000000 % 1000) AS last
FROM anomaly AS a
LEFT JOIN anomaly_kind AS k ON k.code = a.code
LEFT JOIN connection_named AS c ON c.id = a.connection_id
WHERE a.withdrawn_ns IS NULL;

-- One row per change of state of either side, from connection.timeline.  confirm = 1 is no change: it is now proved
-- that the side had entered to_state, which an earlier row only presumed.  from_state is NULL where nothing was known.
--
-- The inner json_each reads the timeline and sets each step beside the state before it; the outer one makes rows of
-- the result.  So it works connection by connection, and LIMIT on a large database answers at once.  A step is text of
-- one form, [offset,"I","SS","p"], which substr takes apart in half the time of json_extract.
CREATE VIEW transition AS
SELECT
	connection_id,
	time_ns,
	strftime('%Y-%m-%dT%H:%M:%S', time_ns / 1000000000, 'unixepoch')
		|| printf('.%06dZ', time_ns / 1000 % 1000000) AS time,
	iif(side_code = 'I', 'initiator', 'responder') AS side,
	iif(side_code = 'I', initiator, responder) AS endpoint,
	(SELECT name FROM state WHERE code = from_code) AS from_state,
	(SELECT name FROM state WHERE code = to_code) AS to_state,
	CASE basis_code WHEN '?' THEN 'presumed' WHEN '*' THEN 'timer' ELSE 'proved' END AS basis,
	basis_code = 'c' AS confirm
FROM (
	SELECT
		c.id AS connection_id,
		c.initiator,
		c.responder,
		c.first_ns + CAST(substr(t.value, 4) AS INTEGER) * 1000 AS time_ns,
		substr(t.value, -12, 1) AS side_code,
		substr(t.value, -8, 2) AS to_code,
		substr(t.value, -3, 1) AS basis_code,
		trim(substr(t.value, 1, 2)) AS from_code
	FROM connection_named AS c, json_each((
		SELECT json_group_array(coalesce(iif(basis_code = 'c', NULL, from_code), '  ') || step)
		FROM (
			SELECT
				key,
				value AS step,
				substr(value, -3, 1) AS basis_code,
				lag(substr(value, -8, 2)) OVER (
					PARTITION BY substr(value, -12, 1), substr(value, -3, 1) = 'c' ORDER BY key) AS from_code
			FROM json_each(c.timeline)
			ORDER BY key
		)
	)) AS t
);

-- How long each side was in each state, in order of time; until_ns is NULL for the last one, whose seconds are counted
-- to the last segment.  Built as view transition is, and as quick.
CREATE VIEW state_time AS
SELECT
	connection_id,
	iif(side_code = 'I', 'initiator', 'responder') AS side,
	iif(side_code = 'I', initiator, responder) AS endpoint,
	(SELECT name FROM state WHERE code = state_code) AS state,
	from_ns,
	until_ns,
	round((coalesce(until_ns, max(last_ns, from_ns)) - from_ns) / 1e9, 6) AS seconds
FROM (
	SELECT
		c.id AS connection_id,
		c.initiator,
		c.responder,
		c.last_ns,
		substr(t.value, -12, 1) AS side_code,
		substr(t.value, -8, 2) AS state_code,
		c.first_ns + CAST(substr(t.value, instr(t.value, '[') + 1) AS INTEGER) * 1000 AS from_ns,
		c.first_ns + CAST(nullif(substr(t.value, 1, instr(t.value, '[') - 1), '') AS INTEGER) * 1000 AS until_ns
	FROM connection_named AS c, json_each((
		SELECT json_group_array(coalesce(next, '') || step)
		FROM (
			SELECT
				value AS step,
				lead(CAST(substr(value, 2) AS INTEGER)) OVER (
					PARTITION BY substr(value, -12, 1) ORDER BY key) AS next
			FROM json_each(c.timeline)
			WHERE substr(value, -3, 1) <> 'c'
			ORDER BY key
		)
	)) AS t
);

-- Each endpoint and its state at the end of what was seen.
CREATE VIEW endpoint_state_now AS
SELECT
	connection_id, side, endpoint, peer, state, basis, since_ns,
	strftime('%Y-%m-%dT%H:%M:%S', since_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', since_ns / 1000000 % 1000) AS since,
	outcome
FROM endpoint
WHERE state IS NOT NULL;

-- Endpoints in TIME-WAIT, and when their ports are free again.
CREATE VIEW time_wait AS
SELECT
	connection_id, side, endpoint, peer, basis, since_ns,
	strftime('%Y-%m-%dT%H:%M:%S', since_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', since_ns / 1000000 % 1000) AS since,
	time_wait_ends_ns AS ends_ns,
	strftime('%Y-%m-%dT%H:%M:%S', time_wait_ends_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', time_wait_ends_ns / 1000000 % 1000) AS ends
FROM endpoint
WHERE state = 'TIME-WAIT';

-- Endpoints in CLOSE-WAIT: the peer has closed, their own program has not.  seconds: for how long, until the last
-- packet of the capture.
CREATE VIEW close_wait AS
SELECT
	e.connection_id, e.side, e.endpoint, e.peer, e.basis, e.since_ns,
	strftime('%Y-%m-%dT%H:%M:%S', e.since_ns / 1000000000, 'unixepoch')
		|| printf('.%03dZ', e.since_ns / 1000000 % 1000) AS since,
	round((c.last_ns - e.since_ns) / 1e9, 3) AS seconds,
	e.outcome
FROM endpoint AS e
LEFT JOIN capture AS c ON c.id = e.capture_id
WHERE e.state = 'CLOSE-WAIT';

PRAGMA user_version = 1;
