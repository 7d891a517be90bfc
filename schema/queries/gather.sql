-- Rows wait in tables of memory, 16 MiB at most, and the file is waited for by nobody.
PRAGMA temp_store = MEMORY;
PRAGMA temp.max_page_count = 8192;
PRAGMA busy_timeout = 0;
-- One commit a second may wait for the disk, so that what was stored survives a loss of power.
PRAGMA main.synchronous = FULL;
PRAGMA cache_size = -16384;
-- The log is written into the file while it is small.
PRAGMA wal_autocheckpoint = 8192;
PRAGMA journal_size_limit = 33554432;
