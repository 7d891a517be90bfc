/* follow: which connections of a database are over since it was looked at last.
 *
 * A watch has a row for each connection while that is open, and puts it again until it is over.  Whoever wants each one
 * once, as it ended, must know which were open.  Rows that were removed meanwhile are passed over. */
#ifndef LASTACK_STORE_FOLLOW_H
#define LASTACK_STORE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "store/store.h"

/* The zero value has seen nothing. */
struct follow {
	struct strbuf open;  /* ids of those that are open, as a JSON array */
	struct strbuf ended; /* the same of those that were, and are over */
	int64_t above_id;    /* all with a higher id are new */
	int64_t seen_id;     /* the highest there is */
};

void follow_fini(struct follow *follow); /* accepts the zero value */

/* Looks.  What is read between this and follow_done is of the same moment.  False with *err: the database failed. */
bool follow_look(struct follow *follow, struct store *store, struct err *err);
bool follow_done(struct store *store, struct err *err);

#endif
