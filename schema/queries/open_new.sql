-- Before the first table: twice the usual page holds rows of half a kilobyte better.
PRAGMA page_size = 8192;
-- Pages that rows have left can be given back (--keep).
PRAGMA auto_vacuum = INCREMENTAL;
