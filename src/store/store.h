/* store: the database.  The only folder that includes sqlite3.h.
 *
 * One SQLite file in WAL mode (or one in memory), STRICT tables, schema in schema/NNNN_*.sql applied in
 * order, each step in one transaction, PRAGMA user_version = last step, application_id 'LAST' (0x4c415354).
 * One writer; plain sqlite3 reads everything.  Statements are prepared once, values always bound. */
#ifndef LASTACK_STORE_STORE_H
#define LASTACK_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/anomaly.h"
#include "record/record.h"

struct store;

enum store_mode {
	STORE_READ,   /* must exist; nothing is written */
	STORE_WRITE,  /* made or upgraded where needed; one process at a time writes */
	STORE_LOAD,   /* the same; a file that is made is complete, and of use to others, only when it is closed */
	STORE_INDEX,  /* must exist; to make indexes (index.h), which STORE_WRITE drops.  Else the same */
	STORE_SHIP,   /* must exist, is upgraded where needed; beside a process that writes: for spool.h only */
	STORE_MEMORY, /* a database of this process only; path is not used */
};

/* NULL with *err: not there (STORE_READ), another program's file, a newer schema, damaged, locked, no
 * permission.  A file that is not ours is never touched. */
struct store *store_open(const char *path, enum store_mode mode, struct err *err);

/* Commits, and leaves no -wal file behind where it can.  False when the last commit failed.  Accepts NULL. */
bool store_close(struct store *store, struct err *err);

const char *store_path(const struct store *store);

/* Writing: rows gather in a transaction, committed every STORE_BATCH rows (but those of STORE_LOAD) and by
 * store_commit. */
enum { STORE_BATCH = 10000 };

/* The capture with this fingerprint that was read before: its id and when; false when there is none. */
bool store_find_fingerprint(struct store *store, int64_t fingerprint, int64_t *id, int64_t *read_ns);

/* Inserts (capture->id is given) or, once it has an id, updates the row. */
bool store_put_capture(struct store *store, struct capture_record *capture, struct err *err);

/* The id that the next connection of this process gets: one above the highest ever given. */
int64_t store_next_connection_id(struct store *store);

/* Inserts a connection or replaces the row with its id. */
bool store_put_connection(struct store *store, const struct conn_record *record, struct err *err);

/* A row of table capture_drop: packets lost by kernel and interface since the row before. */
bool store_put_drop(
	struct store *store, int64_t capture_id, int64_t time_ns, int64_t kernel, int64_t interface, struct err *err);

/* Inserts a row of table anomaly; those of a connection go when its row is replaced. */
bool store_put_anomaly(struct store *store, const struct anomaly_record *anomaly, struct err *err);

/* A row of table address.  known: is it there already? */
struct address_record {
	struct addr ip;
	const char *country, *region, *city, *organisation; /* NULL unknown */
	double latitude, longitude;                         /* NAN unknown */
	int64_t asn;                                        /* CLOCK_NONE unknown */
};
bool store_put_address(struct store *store, const struct address_record *address, struct err *err);

/* Is there a row for it already?  So that each address is looked up once. */
bool store_has_address(struct store *store, const struct addr *ip);

bool store_commit(struct store *store, struct err *err);

/* Takes back the rows of several connections, of captures from first_capture on, before newer ones are put; while rows
 * gather, those that were not committed. */
bool store_drop_many(struct store *store, int64_t first_capture, struct err *err);

/* Connections of captures from first_capture on whose row was written while a side was in TIME-WAIT: where that has
 * ended by now_ns, it is CLOSED. */
bool store_time_wait_over(struct store *store, int64_t first_capture, int64_t now_ns, struct err *err);

/* Connections of interfaces that no lastack watches any more, and that were open, are said to be interrupted. */
bool store_interrupt(struct store *store, struct err *err);

/* From now on rows gather in memory, 16 MiB at most, and only store_commit waits for the disk: for no lock,
 * and when it fails nothing is lost, so that it can be called again.  A row that finds no room is not put, and
 * store_is_full says so.  A reader that stays in a transaction holds the log back: beyond log_most bytes nothing is
 * committed until it leaves. */
bool store_gather(struct store *store, int64_t log_most, struct err *err);
bool store_is_full(const struct store *store);

/* The end of it: what has gathered is committed, and rows go straight into the file, as before.  False with *err: it
 * could not be committed, and rows gather as they did. */
bool store_ungather(struct store *store, struct err *err);

/* Bytes of the file that hold something. */
int64_t store_bytes(struct store *store);

/* Rows that wait for store_commit, and bytes of the log beside the file, which grows while a reader holds it back. */
uint64_t store_waiting(struct store *store);
uint64_t store_acknowledged(struct store *store); /* connections that are on the disk, each time they were put */
int64_t store_log_bytes(const struct store *store);

/* Removes some connections that are over: those before a time, or else the oldest while the file is larger (CLOCK_NONE:
 * whatever the time, the size).  Returns how many; call it again until there are none.  What fails is tried again with
 * the next call. */
int store_prune(struct store *store, int64_t before_ns, int64_t most_bytes);

/* Looks through the whole file.  False with *err when it is damaged. */
bool store_check(struct store *store, struct err *err);

/* Does some lastack have it open for writing? */
bool store_is_written(const char *path);

/* The last step of the schema that this program knows. */
int store_schema_version(void);

/* The version line of SQLite. */
const char *store_library_version(void);

#endif
