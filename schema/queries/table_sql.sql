-- How to make a table in memory that hides the one of the file.
SELECT replace(sql, 'CREATE TABLE', 'CREATE TEMP TABLE') FROM main.sqlite_schema WHERE type = 'table' AND name = ?1;
