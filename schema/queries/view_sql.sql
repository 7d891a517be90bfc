-- How a view is defined.
SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?1;
