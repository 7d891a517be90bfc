-- Before it is sent for the first time.
INSERT INTO spool_batch (kind, batch, rows, layout, body) SELECT :kind, batch, :rows, :layout, :body FROM spool;
