-- What was captured around :at_ns: the first packet of all, whether a capture covers it (captures that were read together
-- are one, and one that runs goes on), the last packet of those that ended before, the first of those that began after.
WITH run AS (
	SELECT
		min(first_ns) AS first_ns,
		iif(max(kind = 'interface' AND end_reason IS NULL), 9223372036854775807, max(last_ns)) AS last_ns
	FROM capture
	WHERE first_ns IS NOT NULL
	GROUP BY read_ns
)
SELECT
	min(first_ns),
	max(first_ns <= :at_ns AND last_ns >= :at_ns),
	max(iif(last_ns < :at_ns, last_ns, NULL)),
	min(iif(first_ns > :at_ns, first_ns, NULL))
FROM run;
