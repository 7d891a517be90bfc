-- How many records are on the disk: written with them, in the same transaction, so that after
-- whatever happened this number says what was not lost.  A record is a row of connection as it was put or replaced.
CREATE TABLE acknowledged (
	records INTEGER NOT NULL
) STRICT;
INSERT INTO acknowledged VALUES (0);

PRAGMA user_version = 2;
