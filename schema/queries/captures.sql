-- What was read or watched, in that order.
SELECT * FROM capture ORDER BY id;
