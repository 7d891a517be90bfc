-- A file that is made is filled in one transaction: what is behind its old end needs no journal, and whoever is in time
-- to look sees an empty database, or all of it.  Rows come in the order in which connections close, and stand in that
-- in which they began: pages are written once where the cache holds those of all that are open at once, tens of
-- thousands, and else again and again.
PRAGMA journal_mode = TRUNCATE;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -32768;
