SELECT 1 FROM address WHERE ip = ?1;
