/* merge: several readers as one stream in the order of time.
 *
 * A heap holds the next frame of each reader, by time and then by the order of the readers; a reader's own
 * order is never changed, even where its times go back.  The frame given last stays in its reader until the
 * next is asked for, so that its bytes stay valid. */
#ifndef LASTACK_SOURCE_MERGE_H
#define LASTACK_SOURCE_MERGE_H

#include "source/reader.h"

struct merge;

struct merge *merge_new(struct reader *readers, unsigned count); /* borrows the readers */
void merge_free(struct merge *merge);                            /* accepts NULL */

/* As source_next.  After SOURCE_DAMAGED the others go on. */
enum source_status merge_next(struct merge *merge, struct frame *frame, struct err *err);

#endif
