-- A reading that was stopped without warning does not count: what it left can be read again.
SELECT id, read_ns FROM capture WHERE fingerprint = ?1 AND end_reason IS NOT NULL ORDER BY id DESC LIMIT 1;
