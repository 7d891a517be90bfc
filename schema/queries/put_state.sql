-- Writes nothing where the words are the same.
INSERT INTO state (name, code, short_name, meaning) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (name) DO UPDATE SET code = excluded.code, short_name = excluded.short_name, meaning = excluded.meaning
WHERE (code, short_name, meaning) <> (excluded.code, excluded.short_name, excluded.meaning);
