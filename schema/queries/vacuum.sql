-- Gives pages back that rows have left, 2 MiB at a time.
PRAGMA main.incremental_vacuum(256);
