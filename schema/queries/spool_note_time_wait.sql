-- The connections that time_wait_over.sql changes next, as far as they have to be sent once more.
INSERT INTO spool_note (kind, row_id)
SELECT 'connection', connection.id FROM spool, connection
WHERE connection.id <= taken_id AND time_wait_ends_ns <= ?1 AND capture_id >= ?2
	AND (initiator_state = 'TIME-WAIT' OR responder_state = 'TIME-WAIT')
ON CONFLICT (kind, row_id) DO UPDATE SET batch = NULL;
