/* report_internal: what the files of the report share. */
#ifndef LASTACK_REPORT_REPORT_INTERNAL_H
#define LASTACK_REPORT_REPORT_INTERNAL_H

#include "report/chart.h"
#include "report/report.h"
#include "report/rows.h"
#include "report/sums.h"

/* What table capture says, all rows together. */
struct captures {
	int64_t count, first_ns, last_ns, packets, tcp, truncated, malformed, time_back, dropped, damaged, msl_ms;
	bool dropped_known, several_msl, several_filters;
	struct strbuf names, filter, damaged_names; /* HTML */
};

/* When which capture ended: until then what was open in it stayed so. */
struct end {
	int64_t capture_id, last_ns;
};

struct report {
	struct report_options options;
	struct captures captures;
	struct end *ends;
	int64_t end_count;
	struct chart_drop drops[REPORT_DROPS];
	int drop_count;
	struct strbuf anomalies; /* HTML */
	int64_t anomaly_kinds;
	struct sums sums;
	struct rows *rows;
	int64_t wanted[REPORT_LADDERS];
	int wanted_count;
	struct detail *details[REPORT_LADDERS];
	int detail_count;
};

/* "2026-11-22 10:04:11" */
void report_add_time(struct strbuf *out, int64_t ns);

#endif
