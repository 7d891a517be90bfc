-- Pages of what gathers; those that are free among them (gathered_free.sql).
PRAGMA temp.page_count;
