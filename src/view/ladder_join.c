/* ladder_join: where there are too many arrows, the middle of what lies between two important ones becomes one. */
#include "view/ladder_internal.h"

/* So many stay at the beginning and at the end of what is joined, less and less. */
static const int kept_each[] = {8, 4, 2, 1, 0};

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add_tally(struct ladder_tally *to, const struct ladder_tally *from)
{
	to->segments += from->segments;
	to->octets += from->octets;
	to->again += from->again;
	to->lost += from->lost;
	to->out_of_order += from->out_of_order;
	to->copies += from->copies;
	to->unseen += from->unseen;
}

static bool is_empty(const struct ladder_tally *tally)
{
	return !tally->segments && !tally->unseen;
}

/* Takes in what comes after it. */
static void swallow(struct ladder_item *item, const struct ladder_item *next)
{
	item->pause_ns = most(most(item->pause_ns, next->pause_ns), clock_since(next->time_ns, item->until_ns));
	item->until_ns = most(item->until_ns, next->until_ns);
	item->timed |= next->timed;
	item->answers += next->answers;
	item->count += next->count;
	if (next->side == item->side) {
		item->seq = item->seq == CLOCK_NONE || (next->seq != CLOCK_NONE && next->seq < item->seq) ? next->seq
													  : item->seq;
		item->end = most(item->end, next->end);
	}
	for (int side = 0; side < SIDES; side++)
		add_tally(&item->tally[side], &next->tally[side]);
}

/* Payload of one side is a run, else it went in turns. */
static void settle_kind(struct ladder_item *item)
{
	bool empty[SIDES] = {is_empty(&item->tally[INITIATOR]), is_empty(&item->tally[RESPONDER])};

	item->important = false;
	item->has_ack = true;
	item->lost = item->closed_window = item->covers = false;
	item->repeat = SEEN_NEW;
	item->after_ns = CLOCK_NONE;
	item->kind = ITEM_TURNS;
	for (int side = 0; side < SIDES; side++)
		if (!empty[side] && empty[ladder_peer((enum side)side)]) {
			item->kind = ITEM_RUN;
			item->seq = item->side == (enum side)side ? item->seq : CLOCK_NONE;
			item->side = (enum side)side;
		}
}

/* The end of the stretch without an important item that begins at i. */
static int stretch_end(const struct ladder *ladder, int i)
{
	while (i < ladder->items && !ladder->item[i].important)
		i++;
	return i;
}

/* Joins the middle of each stretch, but for so many at its ends. */
static void join_middles(struct ladder *ladder, int keep)
{
	int to = 0;

	for (int i = 0; i < ladder->items;) {
		int end = stretch_end(ladder, i), middle = i + keep, middle_end = end - keep;

		if (middle_end - middle >= 2) {
			while (i < middle)
				ladder->item[to++] = ladder->item[i++];
			struct ladder_item *joined = &ladder->item[to++];
			*joined = ladder->item[i++];
			while (i < middle_end)
				swallow(joined, &ladder->item[i++]);
			settle_kind(joined);
		}
		while (i < end)
			ladder->item[to++] = ladder->item[i++];
		if (i < ladder->items) /* the important one */
			ladder->item[to++] = ladder->item[i++];
	}
	ladder->items = to;
}

static bool is_like(const struct ladder_item *a, const struct ladder_item *b)
{
	return a->kind == ITEM_SEGMENT && b->kind == ITEM_SEGMENT && a->side == b->side && a->syn == b->syn &&
	       a->fin == b->fin && a->rst == b->rst && a->has_ack == b->has_ack;
}

/* Important ones that are alike and follow one another, as one. */
static void join_alike(struct ladder *ladder)
{
	int to = 0;

	for (int i = 0; i < ladder->items; i++) {
		struct ladder_item *last = to ? &ladder->item[to - 1] : NULL;

		if (last && is_like(last, &ladder->item[i]))
			swallow(last, &ladder->item[i]);
		else
			ladder->item[to++] = ladder->item[i];
	}
	ladder->items = to;
}

/* Nothing else has helped: the middle of all. */
static void join_rest(struct ladder *ladder)
{
	enum { KEEP = LADDER_ITEMS / 2 };

	for (int i = KEEP; i < ladder->items - KEEP; i++)
		ladder->item[i].important = false;
	join_middles(ladder, 0);
}

void ladder_join(struct ladder *ladder)
{
	for (size_t i = 0; i < sizeof kept_each / sizeof *kept_each && ladder->items > LADDER_ITEMS; i++)
		join_middles(ladder, kept_each[i]);
	if (ladder->items > LADDER_ITEMS)
		join_alike(ladder);
	if (ladder->items > 2 * LADDER_ITEMS)
		join_rest(ladder);
}
