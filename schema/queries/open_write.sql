-- Readers never wait for the writer.  A crash of the machine may lose the last transactions, never the file.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
-- Frames of 8 KiB: up to 64 MiB gather before they are written into the file, which halves what a bulk load writes.
PRAGMA wal_autocheckpoint = 8192;
PRAGMA journal_size_limit = 67108864;
