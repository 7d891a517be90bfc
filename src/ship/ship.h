/* ship: rows of a database to ClickHouse, as store/spool.h says which.
 *
 * Every row arrives at least once; the tables (schema/clickhouse) show it once, in its highest version.  A batch that
 * was perhaps received is sent again with the same octets until it is acknowledged, by this process or the next. */
#ifndef LASTACK_SHIP_SHIP_H
#define LASTACK_SHIP_SHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ship/http.h"
#include "store/spool.h"
#include "store/store.h"

struct ship_options {
	struct http *http;
	const char *sensor; /* NULL: as before; the first time, the name of the host */
	int64_t batch;      /* connections that go at once, and so many notes; 0: as usual */
	bool again;         /* all there is is sent, whatever was sent before, to this place and under this name */
	bool follow;        /* until stops(); else until nothing waits, or something fails */
	int64_t every_ns;   /* then: how often what is new is sent, unless there is very much of it; 0 or less: as usual
			     */
	bool (*stops)(void);
	void (*say)(void *context, const char *line); /* then: what fails, and that it works again */
	void *context;
};

/* What was done, and what is left. */
struct ship_result {
	int64_t batches, rows, bytes; /* arrived, compressed */
	int64_t failures;
	int64_t waiting; /* rows, counted up to SPOOL_COUNTED connections */
	int64_t dropped; /* connections that had to be removed before they were sent, since the beginning */
};
enum { SHIP_REQUEST_S = 300 }; /* how long a request may take */

/* The store is one of STORE_SHIP.  False with *err: it could not begin; or, unless it follows, something failed, and
 * what was not acknowledged is sent next time. */
bool ship(struct store *store, const struct ship_options *options, struct ship_result *result, struct err *err);

#endif
