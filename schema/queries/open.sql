-- Each connection to the database: what a file says is data, never code; damage is noticed early.
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA mmap_size = 0;
PRAGMA foreign_keys = OFF;
