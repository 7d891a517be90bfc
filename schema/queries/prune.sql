-- They go.
DELETE FROM main.connection WHERE id IN ({which});
