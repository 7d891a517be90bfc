-- As every database of ours is left: readers never wait for the writer.
PRAGMA journal_mode = WAL;
