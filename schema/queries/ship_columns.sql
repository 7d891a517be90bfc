-- ClickHouse: name, type and kind of default of each column.
DESCRIBE TABLE {table} FORMAT TabSeparated
