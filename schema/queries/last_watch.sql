-- What the interface that was watched last has lost.
SELECT source, packets, coalesce(dropped_kernel, 0), coalesce(dropped_interface, 0) FROM capture
WHERE kind = 'interface' ORDER BY id DESC LIMIT 1;
