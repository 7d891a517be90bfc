-- A file that is made is filled in one transaction: what is behind its old end needs no journal, so each page is written
-- once, and whoever is in time to look sees an empty database, or all of it.  Nearly all that is read again is what was
-- written last: a small cache stays in the processor's own.
PRAGMA journal_mode = TRUNCATE;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -4096;
