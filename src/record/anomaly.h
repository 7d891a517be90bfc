/* anomaly: one row of table anomaly, as plain data.  Pointers are borrowed from whoever filled it. */
#ifndef LASTACK_RECORD_ANOMALY_H
#define LASTACK_RECORD_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/words.h"

/* One code of one side of one connection; or, of several connections together, of what they have in common.  Numbers
 * that are not there are CLOCK_NONE, words NULL. */
struct anomaly_record {
	int64_t id;            /* given by the store */
	int64_t connection_id; /* CLOCK_NONE: of several connections */
	int64_t capture_id;
	int64_t time_ns; /* when it became known */
	const char *code;
	const char *side; /* "initiator", "responder"; NULL: of neither */
	const char *severity, *confidence;
	int64_t count;
	int64_t first_ns, last_ns; /* of what it tells */
	int64_t withdrawn_ns;      /* when later segments showed that it was none; then it counts in no total */
	const char *evidence;      /* JSON */
	int64_t packet;            /* number of the packet that shows it first, in its file */
	bool again;                /* it was given before; this is how it stands now */
	/* of the connection */
	struct addr ip[SIDES];
	uint16_t port[SIDES];
};

#endif
