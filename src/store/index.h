/* index: the indexes that questions want, one SQL file each in schema/indexes/.
 *
 * None of them is kept while rows are stored: each would cost a third of the speed, or more.  So they are made when
 * somebody asks, and STORE_WRITE drops them. */
#ifndef LASTACK_STORE_INDEX_H
#define LASTACK_STORE_INDEX_H

#include "store/store.h"

/* How many of the indexes named (parted by blanks; NULL: all there are) are not there. */
unsigned store_lacks_indexes(struct store *store, const char *names);

/* Of a store opened with STORE_INDEX: makes those of them that are not there. */
bool store_make_indexes(struct store *store, const char *names, struct err *err);

/* Drops all there are. */
bool store_drop_indexes(struct store *store, struct err *err);

/* How many indexes there can be. */
unsigned store_index_count(void);

#endif
