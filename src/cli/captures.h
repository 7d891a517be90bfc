/* captures: the files that connections were read from, opened again where they are still there. */
#ifndef LASTACK_CLI_CAPTURES_H
#define LASTACK_CLI_CAPTURES_H

#include "base/err.h"
#include "store/query.h"

struct source;

/* What table capture says.  NULL with *err. */
struct captures *captures_load(struct store *store, struct err *err);
void captures_free(struct captures *captures); /* accepts NULL */

/* Opens the files that were read together with this one and have packets of that time.  NULL: not all of them are there
 * as they were, or they are too large to be read without being asked.  It borrows from *captures. */
struct source *captures_open(struct captures *captures, int64_t capture_id, int64_t first_ns, int64_t last_ns);

/* Were both read together? */
bool captures_are_together(const struct captures *captures, int64_t one_id, int64_t other_id);

#endif
