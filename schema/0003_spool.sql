-- What has yet to go to a cluster (lastack ship).  Who does not ship has no row in any of these tables, and pays nothing.
--
-- Connections are numbered as they begin, so those above a number are all new.  What is put into the database again, or
-- late, below that number, is noted; so is every row of the other tables.  A note is written in the transaction that
-- brings the row: what is in the database and was not sent is above the number, or noted.

-- Where to, and how far.  One row at most.
CREATE TABLE spool (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	place TEXT NOT NULL,       -- of the cluster, without user
	sensor TEXT NOT NULL,      -- name of this one among those that send there
	database INTEGER NOT NULL, -- random: tells it from other databases of the same sensor
	sent_id INTEGER NOT NULL,  -- connections up to this one were sent as they were then
	taken_id INTEGER NOT NULL, -- and up to this one, with the next batch; above it none is noted
	batch INTEGER NOT NULL,    -- number of the last batch: the version of its rows
	batches INTEGER NOT NULL,  -- sent so far
	rows INTEGER NOT NULL,
	bytes INTEGER NOT NULL,    -- compressed
	dropped INTEGER NOT NULL   -- connections that had to be removed before they were sent
) STRICT;

-- Rows to be sent that no number tells of, in the order in which they were noted.
CREATE TABLE spool_note (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,     -- connection, anomaly (of several connections), capture
	row_id INTEGER NOT NULL,
	batch INTEGER,          -- with which it is sent; NULL: it was noted, perhaps again, after that was put together
	UNIQUE (kind, row_id)
) STRICT;

-- The batch that is being sent: the same octets again until they have arrived.
CREATE TABLE spool_batch (
	kind TEXT PRIMARY KEY,    -- connection, anomaly, capture
	batch INTEGER NOT NULL,
	rows INTEGER NOT NULL,
	layout INTEGER NOT NULL,  -- of the table that it was made for: a table that was changed since wants it made anew
	body BLOB NOT NULL
) STRICT;

-- Connections of the batch that is put together.
CREATE VIEW spool_connection AS
SELECT connection.id FROM spool, connection WHERE connection.id > sent_id AND connection.id <= taken_id
UNION
SELECT row_id FROM spool, spool_note USING (batch) WHERE kind = 'connection';

PRAGMA user_version = 3;
