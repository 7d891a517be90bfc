-- When the capture lost packets, and how many since the time before.
SELECT time_ns, coalesce(kernel, 0) + coalesce(interface, 0) FROM capture_drop ORDER BY time_ns;
