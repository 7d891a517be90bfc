-- Beside the process that writes: a lock is waited for, and what is about to be sent is on the disk.
PRAGMA synchronous = FULL;
PRAGMA cache_size = -16384;
PRAGMA journal_size_limit = 67108864;
