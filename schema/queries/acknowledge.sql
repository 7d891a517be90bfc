-- In the transaction that brings them there.
UPDATE acknowledged SET records = records + ?1;
