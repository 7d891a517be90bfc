/* chart: what all connections did over time, as pictures that stretch with the page while their texts do not. */
#ifndef LASTACK_REPORT_CHART_H
#define LASTACK_REPORT_CHART_H

#include "base/strbuf.h"
#include "report/sums.h"

/* A time at which the capture lost packets. */
struct chart_drop {
	int64_t time_ns, packets;
};

/* Connections that were opened, closed and reset in each column; and below how many sides were in which state, on
 * average over the column: initiators above, responders below. */
void chart_add(struct strbuf *out, const struct sums *sums, const struct chart_drop *drops, int drop_count);

/* The colour of each state and of each basis, with their names. */
void chart_add_key(struct strbuf *out);

#endif
