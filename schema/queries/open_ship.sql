-- Beside the process that writes: a lock is waited for, and what is about to be sent is on the disk.
PRAGMA synchronous = FULL;
-- No file but the database is opened: another folder may be refused.
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
PRAGMA journal_size_limit = 67108864;
