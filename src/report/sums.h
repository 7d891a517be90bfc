/* sums: what a report says of all connections, however many there are: counts, and columns over time.
 *
 * Everything is exact.  A column's width is chosen as connections come: it grows, by whole multiples, while there are
 * more than SUMS_COLUMNS of them, so that nothing has to be known beforehand. */
#ifndef LASTACK_REPORT_SUMS_H
#define LASTACK_REPORT_SUMS_H

#include <stdint.h>

#include "base/anomaly.h"
#include "record/record.h"

enum { SUMS_COLUMNS = 120 };

struct sums_column {
	int64_t opened, closed, reset;  /* connections that began, ended, were ended by a RST */
	double held[SIDES][TCP_STATES]; /* ns that sides were in a state, all together */
};

struct sums {
	int64_t connections;
	int64_t outcomes[OUTCOMES];
	int64_t worst[SEVERITIES + 1]; /* by the worst severity; SEVERITIES: without anomalies */
	int64_t midstream, one_sided, gap_possible, truncated, guessed; /* of these; guessed: who began is a guess */
	int64_t octets[SIDES];
	int64_t first_ns, last_ns; /* first and last segment; CLOCK_NONE without connections */
	/* columns [from, from + columns) of `width_ns`, counted from the epoch */
	int64_t from, width_ns;
	int columns, width; /* width: which one, of a table */
	struct sums_column column[SUMS_COLUMNS];
	/* round trips of handshakes, us */
	uint32_t *trip;
	size_t trips, trip_room;
};

void sums_init(struct sums *sums);
void sums_fini(struct sums *sums);

/* ends_ns: how long a side that is in a state at the end of its history is still in it: the end of the capture. */
void sums_add(struct sums *sums, const struct conn_record *record, int64_t ends_ns);

/* The round trip, us, that so many permille of the handshakes did not exceed; CLOCK_NONE: none is known.  Sorts. */
int64_t sums_round_trip_us(struct sums *sums, int permille);

#endif
