-- Writes nothing where the words are the same.
INSERT INTO outcome (name, meaning) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET meaning = excluded.meaning WHERE meaning <> excluded.meaning;
