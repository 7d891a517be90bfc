/* live: network interfaces as one stream of frames, through libpcap's ring buffers. */
#ifndef LASTACK_SOURCE_LIVE_H
#define LASTACK_SOURCE_LIVE_H

#include "source/source.h"

struct live;

/* Opens all of them.  NULL with *err: which one cannot be opened, why, and what to do. */
struct live *live_new(const struct source_live *how, struct err *err);
void live_free(struct live *live); /* accepts NULL */

/* As source_next. */
enum source_status live_next(struct live *live, struct frame *frame, struct err *err);

unsigned live_inputs(const struct live *live);
const struct source_input *live_input(const struct live *live, unsigned index);

/* Reads what the kernel has counted into the inputs. */
void live_count(struct live *live);

#endif
