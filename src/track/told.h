/* told: which connections somebody must be told of, because they have changed, and how many sides are in which state.
 */
#ifndef LASTACK_TRACK_TOLD_H
#define LASTACK_TRACK_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/words.h"
#include "track/tracker.h"

struct told {
	struct list changed; /* flow.changed: the longest waiting first */
	uint64_t (*states)[TCP_STATES + 1];
};

/* states: where they are counted; borrowed. */
void told_init(struct told *told, uint64_t states[SIDES][TCP_STATES + 1]);

/* A flow begins: both sides are unknown; it ends. */
void told_begin(struct told *told, struct flow *flow);
void told_end(struct told *told, struct flow *flow);

/* A segment of it was taken in. */
void told_segment(struct told *told, struct flow *flow);

/* Time has passed for it: all that this can change is a state, and whether a side has given up (timed_out: it had). */
void told_timer(struct told *told, struct flow *flow, bool timed_out);

/* As if it had never been told of. */
void told_anew(struct told *told, struct flow *flow);

/* As tracker_changed. */
void told_changed(
	struct told *told, int64_t now_ns, int64_t every_ns, unsigned most, tracker_told *tell, void *context);

#endif
