/* ladder_place: which arrow brought a state, which one showed an anomaly, and which were lost. */
#include "view/ladder_internal.h"

enum {
	MOMENT_US = 1000000, /* where no round trip is known */
	ROUNDING_US = 2,
};

int64_t ladder_offset_us(const struct ladder *ladder, int64_t time_ns)
{
	int64_t ns;

	if (__builtin_sub_overflow(time_ns, ladder->record->first_ns, &ns))
		return time_ns > 0 ? INT64_MAX / NS_PER_US : INT64_MIN / NS_PER_US;
	return ns >= 0 ? ns / NS_PER_US : -((-ns + NS_PER_US - 1) / NS_PER_US);
}

static int64_t item_us(const struct ladder *ladder, int item)
{
	return ladder_offset_us(ladder, ladder->item[item].time_ns);
}

/* --- states ---------------------------------------------------------------------------------------- */

/* Could this item, when it arrives, bring its receiver from one state into another? */
static bool brings(const struct ladder_item *item, enum tcp_state from, enum tcp_state to)
{
	if (item->kind == ITEM_UNSEEN || item->kind == ITEM_PROBES || item->broken || item->strange)
		return false;
	switch (to) {
	case TCP_SYN_RECEIVED:
		return item->syn;
	case TCP_ESTABLISHED:
		return item->has_ack && !item->rst;
	case TCP_FIN_WAIT_2:
		return item->covers;
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
		return item->fin;
	case TCP_TIME_WAIT:
		return item->fin || item->covers;
	case TCP_CLOSED:
		return item->rst || (item->covers && from != TCP_TIME_WAIT);
	case TCP_LISTEN:
	case TCP_SYN_SENT:
	case TCP_FIN_WAIT_1:
	case TCP_LAST_ACK:
	case TCP_STATES:
		return false;
	}
	return false;
}

/* The item that `side` sent at this very time; -1. */
static int sent_at(const struct ladder *ladder, enum side side, int64_t at_us)
{
	for (int i = 0; i < ladder->items; i++) {
		const struct ladder_item *item = &ladder->item[i];

		if (!item->timed || item->kind == ITEM_UNSEEN)
			continue;
		bool within = item->kind != ITEM_SEGMENT && at_us >= item_us(ladder, i) &&
			      at_us <= ladder_offset_us(ladder, item->until_ns);
		bool exact = item_us(ladder, i) == at_us && item->side == side;
		if (exact || (within && (item->side == side || item->kind == ITEM_TURNS)))
			return i;
	}
	return -1;
}

/* The last item of the peer that had passed a moment before, and brings the state; -1.  From the tap to its receiver it
 * takes half of a round trip between them (presume.h). */
static int brought_by(
	const struct ladder *ladder, enum side side, enum tcp_state from, enum tcp_state to, int64_t at_us)
{
	int64_t trip_us = ladder->record->rtt_max_us[side];
	int64_t most_us = trip_us == CLOCK_NONE ? MOMENT_US : trip_us / 2 + ROUNDING_US;
	int found = -1;

	for (int i = 0; i < ladder->items; i++) {
		const struct ladder_item *item = &ladder->item[i];

		if (item->side != ladder_peer(side) || (item->kind == ITEM_SEGMENT && !item->timed) ||
			!brings(item, from, to))
			continue;
		int64_t before_us = at_us - item_us(ladder, i);
		if (before_us >= 0 && before_us <= most_us)
			found = i;
	}
	return found;
}

/* Its FIN, which the tap did not see: it passed by then. */
static int unseen_fin(struct ladder *ladder, const struct timeline_step *step)
{
	if (step->state != TCP_FIN_WAIT_1 && step->state != TCP_LAST_ACK && step->state != TCP_CLOSING)
		return -1;
	for (int i = 0; i < ladder->items; i++) {
		struct ladder_item *item = &ladder->item[i];

		if (item->kind != ITEM_UNSEEN || item->side != step->side || !ladder_is_unseen_fin(ladder, item) ||
			item_us(ladder, i) < step->offset_us)
			continue;
		item->time_ns = item->until_ns =
			clock_plus(ladder->record->first_ns, clock_times((int)NS_PER_US, step->offset_us));
		return i;
	}
	return -1;
}

static int item_of(struct ladder *ladder, const struct timeline_step *step, enum tcp_state from)
{
	int item = sent_at(ladder, step->side, step->offset_us);

	if (item >= 0 || step->confirm || step->basis != BASIS_PRESUMED)
		return item;
	item = brought_by(ladder, step->side, from, step->state, step->offset_us);
	return item >= 0 ? item : unseen_fin(ladder, step);
}

/* A side moves on, never back.  What has crossed another arrow stands at its own time, and what came before another
 * step that stands at an arrow not behind that. */
static void keep_order(struct ladder *ladder, struct ladder_places *places, int i, int64_t *least_us)
{
	const struct timeline_step *step = &ladder->step[i];
	struct ladder_place *place = &places->step[i];
	int64_t at_us = place->item < 0 ? step->offset_us : item_us(ladder, place->item);

	if (at_us < *least_us) {
		place->item = -1;
		at_us = step->offset_us;
	}
	*least_us = at_us;
	for (int k = i - 1; k >= 0 && place->item >= 0; k--)
		if (places->step[k].item < 0 && ladder->step[k].side == step->side && !ladder->step[k].confirm &&
			ladder->step[k].offset_us >= at_us)
			places->step[k].before = place->item;
}

/* The receiver sends again what the segment had acknowledged: it passed the tap, and was lost behind it. */
static void mark_lost(struct ladder *ladder, const struct revision *revision, int item)
{
	int again = sent_at(ladder, revision->side, revision->back_us);
	struct ladder_item *brought = item < 0 ? NULL : &ladder->item[item];

	if (!brought || again < 0 || brought->kind != ITEM_SEGMENT || brought->fin || !brought->has_ack ||
		ladder->item[again].repeat < SEEN_SPURIOUS)
		return;
	brought->lost = true;
}

/* --- anomalies ------------------------------------------------------------------------------------- */

static void place_note(struct ladder *ladder, struct ladder_note *note)
{
	note->item = -1;
	for (int i = 0; i < ladder->items && note->item < 0; i++) {
		const struct ladder_item *item = &ladder->item[i];
		bool within =
			item->kind != ITEM_SEGMENT && note->time_ns > item->time_ns && note->time_ns <= item->until_ns;

		if (item->timed && (within || item->time_ns == note->time_ns))
			note->item = i;
	}
}

void ladder_place(struct ladder *ladder, struct ladder_places *places)
{
	enum tcp_state from[SIDES] = {TCP_UNKNOWN, TCP_UNKNOWN};
	int64_t least_us[SIDES] = {INT64_MIN, INT64_MIN};

	for (int i = 0; i < ladder->steps; i++) {
		const struct timeline_step *step = &ladder->step[i];

		places->step[i] = (struct ladder_place){item_of(ladder, step, from[step->side]), -1};
		if (step->confirm)
			continue;
		keep_order(ladder, places, i, &least_us[step->side]);
		from[step->side] = step->state;
	}
	for (int i = 0; i < ladder->revisions; i++) {
		const struct revision *r = &ladder->revision[i];
		bool told = r->back_us >= r->offset_us;

		places->revision[i].item = told ? brought_by(ladder, r->side, TCP_UNKNOWN, r->state, r->offset_us) : -1;
		mark_lost(ladder, r, places->revision[i].item);
	}
	for (int n = 0; n < ladder->notes; n++)
		place_note(ladder, &ladder->note[n]);
}
