-- There is nothing left to be sent of the connections that go next.
DELETE FROM main.spool_note WHERE kind = 'connection' AND row_id IN ({which});
