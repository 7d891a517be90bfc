/* internal: what the files of store/ share.  Nobody else includes it, as nobody else includes
 * sqlite3.h. */
#ifndef LASTACK_STORE_INTERNAL_H
#define LASTACK_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stddef.h>

#include "store/query.h"
#include "store/store.h"

/* Statements that are prepared once and kept; each is the file schema/queries/NAME.sql. */
enum statement {
	STATEMENT_BEGIN,
	STATEMENT_BEGIN_GATHERED,
	STATEMENT_GATHERED_PAGES,
	STATEMENT_GATHERED_FREE,
	STATEMENT_COMMIT,
	STATEMENT_ACKNOWLEDGE,
	STATEMENT_PUT_CAPTURE,
	STATEMENT_SPOOL_NOTE,
	STATEMENT_SPOOL_NOTE_TIME_WAIT,
	STATEMENT_SPOOL_TAKEN,
	STATEMENT_PUT_CONNECTION,
	STATEMENT_DROP_CONNECTION,
	STATEMENT_PUT_ADDRESS,
	STATEMENT_PUT_ANOMALY,
	STATEMENT_PUT_CAPTURE_DROP,
	STATEMENT_DROP_ANOMALIES,
	STATEMENT_DROP_MANY,
	STATEMENT_TIME_WAIT_OVER,
	STATEMENT_HAS_ADDRESS,
	STATEMENT_FIND_FINGERPRINT,
	STATEMENT_ID_RANGE,
	STATEMENT_NEXT_CONNECTION,
	STATEMENT_LAST_WATCH,
	STATEMENT_OUTCOMES,
	STATEMENT_INTEGRITY,
	STATEMENT_CAPTURES,
	STATEMENT_DROPS,
	STATEMENTS,
};

/* Columns of table capture: all but the id.  The buckets stand in the order of enum decode_bucket. */
struct capture_column {
	const char *name; /* NULL: the end of the table */
	bool text;        /* else a number */
	size_t offset;    /* in struct capture_record */
};
extern const struct capture_column capture_columns[]; /* write.c */

struct store {
	sqlite3 *db;
	char *path;                           /* as given; what errors begin with */
	int lock;                             /* descriptor whose flock says that this process writes; -1: none */
	bool loads;                           /* into a file that was made for it: one transaction */
	bool gathers;                         /* rows wait in memory (gather.c) */
	int64_t log_most;                     /* then: as store_gather was told */
	bool full;                            /* the last row found no room */
	int checked;                          /* rows since room was looked for */
	int64_t uncommitted;                  /* rows since the last commit */
	int64_t records;                      /* of them connections */
	int64_t taken;                        /* of this transaction: spool.taken_id; CLOCK_NONE: nobody ships */
	bool has_functions;                   /* those of query.c */
	sqlite3_stmt *statements[STATEMENTS]; /* NULL until first used */
	/* Of STATEMENT_PUT_CONNECTION, by column: its parameter, and the number that is bound to it. */
	int connection_parameters[RECORD_STORED_COLUMNS];
	int64_t connection_numbers[RECORD_STORED_COLUMNS];
};

/* "PATH: why (what to do)" from the last failure of the database.  Always returns false. */
bool store_failed(struct store *store, struct err *err);

/* The statement, ready to be bound; NULL with *err.  It belongs to the store: reset it after use. */
sqlite3_stmt *store_statement(struct store *store, enum statement which, struct err *err);

/* Runs to its end and resets. */
bool store_run(struct store *store, sqlite3_stmt *statement, struct err *err);

/* Runs the statements of one text, which return no rows that matter. */
bool store_script(struct store *store, const char *text, struct err *err);

/* Applies the steps of the schema that the database does not have, and the words of this program. */
bool store_migrate(struct store *store, int version, struct err *err);

/* The SQL functions of queries.  Once: one cannot be made anew while a statement runs. */
bool store_make_functions(struct store *store);

/* What {chosen}, {found} and {limit} stand for in a statement (sql_fill); the context is a struct query_filter, NULL:
 * in a view.  And the parameters that they bring. */
bool question_fill(struct strbuf *text, const char *name, const void *context);
bool question_bind_filter(sqlite3_stmt *statement, const struct query_filter *filter);

/* Of the transaction that begins: what has to be noted (store->taken).  store_note: that a row was put. */
bool store_read_taken(struct store *store, struct err *err);
bool store_note(struct store *store, const char *kind, int64_t row_id, struct err *err);

/* Is there room for a row to gather?  False with *err. */
bool store_has_room(struct store *store, struct err *err);

/* What has gathered goes into the file.  False with *err: none of it. */
bool store_move(struct store *store, struct err *err);

#endif
