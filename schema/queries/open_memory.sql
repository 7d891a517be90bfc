-- Nothing of it outlives the process.
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
