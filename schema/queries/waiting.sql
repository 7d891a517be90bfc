-- How many rows have gathered in memory.
SELECT (SELECT count(*) FROM temp.capture) + (SELECT count(*) FROM temp.capture_drop)
	+ (SELECT count(*) FROM temp.connection) + (SELECT count(*) FROM temp.anomaly) + (SELECT count(*) FROM temp.address);
