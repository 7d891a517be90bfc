/* tracker_internal: for tracker.c and tracker_hold.c alone. */
#ifndef LASTACK_TRACK_TRACKER_INTERNAL_H
#define LASTACK_TRACK_TRACKER_INTERNAL_H

#include "base/pool.h"
#include "track/flow_table.h"
#include "track/told.h"
#include "track/tracker.h"
#include "track/wheel.h"
#include "track/zeek.h"

struct tracker {
	struct tracker_options options;
	tracker_closed *closed;
	void *context;
	struct flow_table table;
	struct pool flows, transfers, pendings, settled, attempts, talks;
	uint32_t settled_first, settled_last; /* numbers: the one that was settled longest ago, the newest */
	struct zeek_room zeek_room;
	struct wheel wheel;
	/* least recently heard of first */
	struct list age[FLOW_CLASSES];       /* flows */
	struct list young[YOUNG_CLASSES];    /* young ones */
	int64_t young_due_ns[YOUNG_CLASSES]; /* none of them goes before that */
	struct list order;                   /* flows by id, as far as they did not grow up */
	uint64_t half_open, done;            /* of those that are held */
	struct told told;
	int64_t clock_ns, jump_ns; /* jump_ns: a far time that waits for a second packet */
	bool started;
	uint64_t next_id;
	struct hosts *hosts;
	struct tracker_stats stats;
};

/* --- segments (tracker.c) ------------------------------------------------------------------------- */

/* One more segment of a flow.  was_young: it passed earlier. */
void tracker_feed(struct tracker *t, struct flow *flow, enum side side, const struct segment *segment, bool was_young);

/* --- what is held of connections (tracker_hold.c) -------------------------------------------------- */

void hold_init(struct tracker *t);
void hold_fini(struct tracker *t);

/* A flow for the segment that begins it, and its sender's side; one is given up where there are too many. */
struct flow *hold_begin(struct tracker *t, const struct segment *segment, uint64_t hash, enum side *side);
void hold_end(struct tracker *t, struct flow *flow, enum flow_end end);
void hold_drop_pending(struct tracker *t, struct flow *flow);

/* The class of a flow is another one, or it was heard of a while after the last time. */
void hold_heard(struct tracker *t, struct flow *flow, enum flow_class class, int64_t time_ns);

/* Of more that are done than may be held whole, one is settled. */
void hold_settle_some(struct tracker *t);
void hold_forget_settled(struct tracker *t, struct settled *settled);

/* Does the connection begin young, or go on so, with this segment?  Then it was taken. */
bool hold_begin_young(struct tracker *t, const struct segment *segment, uint64_t hash);
bool hold_go_on_young(struct tracker *t, struct young *young, const struct segment *segment);

/* A flow takes the place of a young connection. */
struct flow *hold_grow_up(struct tracker *t, struct young *young);

/* Those that nothing has come of for too long go. */
void hold_drop_silent(struct tracker *t);

#define HELD_IDS (UINT64_MAX >> 1)

/* What is held of a connection: a flow, or a young one. */
struct held {
	uint64_t id : 63;
	uint64_t is_young : 1;
	void *item;
};

/* All of them, t->stats.open, in order of their ids; the caller frees it. */
struct held *hold_all(const struct tracker *t);

#endif
