-- How many connections ended how.
SELECT outcome, count(*) FROM connection WHERE ?1 = 0 OR capture_id >= ?1 GROUP BY outcome;
