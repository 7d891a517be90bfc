-- As this program means it.  Writes nothing where the words are the same.
INSERT INTO anomaly_kind (code, tier, severity, rule, title, seen, meaning, next_check, reference)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (code) DO UPDATE SET
	tier = excluded.tier, severity = excluded.severity, rule = excluded.rule, title = excluded.title,
	seen = excluded.seen, meaning = excluded.meaning, next_check = excluded.next_check,
	reference = excluded.reference
WHERE (tier, severity, rule, title, seen, meaning, next_check, coalesce(reference, '')) <>
	(excluded.tier, excluded.severity, excluded.rule, excluded.title, excluded.seen, excluded.meaning,
		excluded.next_check, coalesce(excluded.reference, ''));
