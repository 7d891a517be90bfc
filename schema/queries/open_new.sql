-- Before the first table: twice the usual page holds rows of half a kilobyte better.
PRAGMA page_size = 8192;
