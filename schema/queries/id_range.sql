SELECT (SELECT min(id) FROM connection), (SELECT max(id) FROM connection);
