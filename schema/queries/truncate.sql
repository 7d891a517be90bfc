-- The log goes into the file, as far as no reader needs it, and is emptied.
PRAGMA wal_checkpoint(TRUNCATE);
