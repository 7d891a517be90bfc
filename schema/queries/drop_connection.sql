-- The row that makes room for its replacement.
DELETE FROM connection WHERE id = ?1;
