/* rows: connections as texts, one per column of columns.def, whatever way they came: so that what the tracker says
 * and what the program prints are held against the same expectations, and against each other. */
#ifndef LASTACK_TESTS_LIB_ROWS_H
#define LASTACK_TESTS_LIB_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "record/anomaly.h"
#include "record/record.h"
#include "tests/lib/scenario.h"

struct row {
	char *column[RECORD_COLUMNS]; /* NULL: the value is NULL, or not there */
	struct strbuf anomalies; /* a line for each: code, side (I, R or -), confidence, severity, count, withdrawn */
};

struct rows {
	struct row *row;
	size_t count;
	struct strbuf anomalies; /* of several connections, as above */
};

void rows_fini(struct rows *rows); /* accepts the zero value */

void rows_add_record(struct rows *rows, const struct conn_record *record);

/* One line of `--format json`.  False when it is no JSON object of flat values. */
bool rows_add_json(struct rows *rows, const char *line);

/* Keeps a row of table anomaly with the connection whose id it has: after that was added. */
void rows_add_anomaly(struct rows *rows, const struct anomaly_record *record);

/* One line of `--format anomalies`: the same. */
bool rows_add_anomaly_json(struct rows *rows, const char *line);

/* In order of id. */
void rows_sort(struct rows *rows);

/* Adds to *why a line for each column in which the two differ; what only the program knows (capture_id, geo
 * columns) is left out.  True when there is none. */
bool rows_same(const struct rows *a, const struct rows *b, struct strbuf *why);

/* The states of one side in order, "SYN-SENT ESTABLISHED? ...", each with its final basis. */
void rows_path(const struct row *row, enum side side, struct strbuf *path);

/* Adds to *why a line for each expectation that does not hold.  True when all hold. */
bool rows_meet(const struct rows *rows, const struct scenario *scenario, struct strbuf *why);

#endif
