-- ClickHouse: rows of one table, columns with their names and types.
INSERT INTO {table} FORMAT Native
