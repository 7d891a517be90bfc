-- Up to which id a connection that is put has to be noted.
SELECT taken_id FROM main.spool;
