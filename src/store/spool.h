/* spool: what of a database has yet to go to a cluster (schema/0003_spool.sql has the tables).
 *
 * Theory.  Whoever puts rows notes those that no number tells of, in the same transaction; so what was not sent is
 * known whatever happens.  A batch is taken (from then on changes of its rows are noted anew), read from one snapshot,
 * and kept here as the octets that are sent, before they are sent.  They are the same whenever it is tried again, and
 * only when they have arrived the next batch is taken.  So every row arrives at least once, in the version of the batch
 * that has it; later ones have higher versions.
 *
 * The process that writes the database need not be this one.  Its lock is held for the shortest time: no row is read,
 * and nothing sent, while it is. */
#ifndef LASTACK_STORE_SPOOL_H
#define LASTACK_STORE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "store/store.h"

/* The tables of a batch. */
enum spool_table { SPOOL_ANOMALY, SPOOL_CAPTURE, SPOOL_CONNECTION, SPOOL_TABLES };
extern const char *const spool_table_names[SPOOL_TABLES];

enum { SPOOL_PLACE = 512, SPOOL_SENSOR = 128 };

/* How far it is. */
struct spool {
	bool begun; /* else nothing below is there */
	bool sending;
	char place[SPOOL_PLACE], sensor[SPOOL_SENSOR];
	int64_t database, batch;
	int64_t batches, rows, bytes; /* sent so far */
	int64_t dropped;              /* connections removed before they were sent */
	int64_t waiting;              /* rows, those of the batch included; counted up to `most` connections */
};
enum { SPOOL_COUNTED = 1000000 }; /* as many as people want to know of */
bool spool_look(struct store *store, int64_t most, struct spool *spool, struct err *err);

/* From now on it is noted what is put; all there is has yet to be sent to this place, under this name. */
bool spool_begin(struct store *store, const char *place, const char *sensor, struct err *err);

/* Which rows the next batch has: so many connections, and so many that are noted.  A batch that was taken before is
 * given up: its rows are in this one, as they are now. */
bool spool_take(struct store *store, int64_t rows, struct err *err);

/* All reading between these two is of one moment. */
bool spool_begin_reading(struct store *store, struct err *err);
bool spool_end_reading(struct store *store, struct err *err);

/* Rows of the batch that was taken, by columns. */
struct spool_rows;
struct spool_rows *spool_rows(struct store *store, enum spool_table table, struct err *err);
void spool_rows_close(struct spool_rows *rows); /* accepts NULL */
int spool_columns(const struct spool_rows *rows);
const char *spool_column_name(const struct spool_rows *rows, int column);

/* To the next row; false at the end, and with err->code set when the database failed. */
bool spool_rows_next(struct spool_rows *rows, struct err *err);

struct spool_value {
	enum { SPOOL_NULL, SPOOL_INTEGER, SPOOL_REAL, SPOOL_TEXT } kind;
	int64_t integer;
	double real;
	const char *text; /* until the next row */
	size_t length;
};
struct spool_value spool_value(const struct spool_rows *rows, int column);

/* One table's part of a batch as it is sent. */
struct spool_part {
	enum spool_table table;
	int64_t batch, rows;
	int64_t layout; /* of the table it was made for */
	struct strbuf body;
};

/* Keeps the parts that have rows; all of them, or none. */
bool spool_keep(struct store *store, const struct spool_part parts[SPOOL_TABLES], struct err *err);

/* The part that is to be sent next into *part, whose body is cleared before; *found: is there one? */
bool spool_part(struct store *store, struct spool_part *part, bool *found, struct err *err);

/* It has arrived; NULL: the batch had no rows at all. */
bool spool_sent(struct store *store, const struct spool_part *part, struct err *err);

#endif
