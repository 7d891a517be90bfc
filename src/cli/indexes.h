/* indexes: makes the indexes that a question wants, where that is worth it and may be done. */
#ifndef LASTACK_CLI_INDEXES_H
#define LASTACK_CLI_INDEXES_H

#include "store/store.h"

/* Of a small database none is worth it; while a lastack writes to it, or where it cannot be written, it goes without.
 * names: as of store_lacks_indexes.  False with *err only when the database cannot be read. */
bool indexes_for_question(const char *database, const char *names, struct err *err);

/* Makes all there are, however small it is; *made: how many. */
bool indexes_make_all(const char *database, unsigned *made, struct err *err);

#endif
