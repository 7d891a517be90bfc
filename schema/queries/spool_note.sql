-- A row was put that has to be sent, perhaps once more.
INSERT INTO spool_note (kind, row_id) VALUES (?1, ?2) ON CONFLICT (kind, row_id) DO UPDATE SET batch = NULL;
