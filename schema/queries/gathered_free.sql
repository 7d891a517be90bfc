PRAGMA temp.freelist_count;
