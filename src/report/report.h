/* report: the HTML report: one file that needs no other, and no script to be read.
 *
 *     report_new; report_capture for each, report_drop for each, report_anomalies; report_connection for each;
 *     report_wanted says which connections get a ladder: report_detail for each; report_write.
 *
 * All figures are exact, whatever the number of connections.  Rows of the table are limited (rows.h), and so are
 * ladders; the page says how many of how many it shows. */
#ifndef LASTACK_REPORT_REPORT_H
#define LASTACK_REPORT_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "record/record.h"
#include "report/detail.h"
#include "store/query.h"

enum {
	REPORT_LADDERS = 200, /* at the most */
	REPORT_SHOWN = 3,     /* ladders that are shown from the start when there are no more */
	REPORT_CAPTURES = 20, /* that are named */
	REPORT_DROPS = 500,   /* times at which packets were lost, that are drawn */
};

struct report_options {
	const char *database; /* as it was named: for commands that the page tells */
	const char *chosen;   /* the filters as options; "": none */
	const char *version;  /* of this program */
	int64_t made_ns;      /* now */
	int64_t rows;         /* in the table, at the most; 0: as many as are usual */
};

struct report;

struct report *report_new(const struct report_options *options); /* borrows the texts */
void report_free(struct report *report);                         /* accepts NULL */

void report_capture(void *report, const struct capture_record *capture); /* as query_take_capture */
void report_drop(void *report, int64_t time_ns, int64_t packets);        /* as query_take_drop */
void report_anomalies(struct report *report, const struct anomaly_overview *overview);

/* codes: as query_codes. */
void report_connection(struct report *report, const struct conn_record *record, const char *codes);

/* The connections whose ladders are wanted, the most interesting first. */
const int64_t *report_wanted(struct report *report, int *count);

/* One of them; the report takes it. */
void report_detail(struct report *report, struct detail *detail);

/* Writes it all. */
void report_write(struct report *report, FILE *out);

#endif
