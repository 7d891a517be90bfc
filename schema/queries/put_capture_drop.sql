-- Packets that a capture lost since the row before.
INSERT INTO capture_drop (capture_id, time_ns, kernel, interface) VALUES (?1, ?2, ?3, ?4);
