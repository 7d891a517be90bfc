-- How many of the connections that go next were never sent, or not as they are now.
UPDATE main.spool SET dropped = dropped + (
	SELECT count(*) FROM ({which}) AS gone
	WHERE gone.id > sent_id OR EXISTS (SELECT 1 FROM main.spool_note WHERE kind = 'connection' AND row_id = gone.id)
);
