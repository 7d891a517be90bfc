-- Which program wrote last.
SELECT program_version FROM capture ORDER BY id DESC LIMIT 1;
