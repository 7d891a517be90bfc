/* ladder_told: what passed, as far as the row of the connection shows it: without a capture there is nothing else.
 *
 * A SYN, a FIN or a RST is drawn where the history of its sender has it; an acknowledgement where it brought a state,
 * or proved one.  When payload passed is not known: it stands behind the handshake. */
#include <stdlib.h>
#include <string.h>

#include "view/ladder_internal.h"

static int64_t time_of(const struct ladder *ladder, int64_t offset_us)
{
	return clock_plus(ladder->record->first_ns, offset_us * NS_PER_US);
}

/* The step that enters a state, or proves it; NULL. */
static const struct timeline_step *find(const struct ladder *ladder, enum side side, enum tcp_state state, bool confirm)
{
	for (int i = 0; i < ladder->steps; i++)
		if (ladder->step[i].side == side && ladder->step[i].state == state &&
			ladder->step[i].confirm == confirm)
			return &ladder->step[i];
	return NULL;
}

/* When it is proved that the side was in it. */
static const struct timeline_step *find_proof(const struct ladder *ladder, enum side side, enum tcp_state state)
{
	const struct timeline_step *step = find(ladder, side, state, false);

	return step && step->basis == BASIS_PROVED ? step : find(ladder, side, state, true);
}

static bool was_in(const struct ladder *ladder, enum side side, enum tcp_state state)
{
	return find(ladder, side, state, false);
}

static struct ladder_item *add(struct ladder *ladder, enum side side, int64_t time_ns)
{
	struct ladder_item *item = ladder_add_item(ladder, ITEM_SEGMENT, side, time_ns, time_ns);

	item->important = true;
	item->count = 1;
	return item;
}

static bool stands_already(const struct ladder *ladder, enum side side, int64_t time_ns)
{
	for (int i = 0; i < ladder->items; i++)
		if (ladder->item[i].side == side && ladder->item[i].time_ns == time_ns)
			return true;
	return false;
}

/* --- the beginning --------------------------------------------------------------------------------- */

static void tell_syns(struct ladder *ladder, enum side side)
{
	const struct timeline_step *sent = find(ladder, side, TCP_SYN_SENT, false);
	const struct timeline_step *answered = find_proof(ladder, side, TCP_SYN_RECEIVED);

	if (sent)
		add(ladder, side, time_of(ladder, sent->offset_us))->syn = true;
	if (!answered)
		return;
	struct ladder_item *item = add(ladder, side, time_of(ladder, answered->offset_us));
	item->syn = item->has_ack = true;
}

/* The third of the handshake is what proves that the initiator is ESTABLISHED. */
static void tell_third(struct ladder *ladder)
{
	const struct timeline_step *proof = find_proof(ladder, INITIATOR, TCP_ESTABLISHED);

	if (!proof || !was_in(ladder, INITIATOR, TCP_SYN_SENT) ||
		stands_already(ladder, INITIATOR, time_of(ladder, proof->offset_us)))
		return;
	add(ladder, INITIATOR, time_of(ladder, proof->offset_us))->has_ack = true;
}

/* --- the end --------------------------------------------------------------------------------------- */

static void tell_fin(struct ladder *ladder, enum side side)
{
	static const enum tcp_state closing[] = {TCP_FIN_WAIT_1, TCP_LAST_ACK, TCP_CLOSING};
	const struct timeline_step *step = NULL;

	for (size_t i = 0; i < sizeof closing / sizeof *closing && !step; i++)
		step = find(ladder, side, closing[i], false);
	if (!step || !ladder->record->fins[side])
		return;
	struct ladder_item *item = add(ladder, side, time_of(ladder, step->offset_us));
	item->fin = item->has_ack = true;
}

/* That its FIN was acknowledged can be presumed only because the acknowledgement passed, a moment before. */
static void tell_fin_acked(struct ladder *ladder, enum side side)
{
	const struct timeline_step *step = find(ladder, side, TCP_FIN_WAIT_2, false);
	const struct timeline_step *over = find(ladder, side, TCP_TIME_WAIT, false);
	enum side peer = ladder_peer(side);

	if (!step || (over && over->offset_us == step->offset_us))
		return; /* with the FIN of the peer */
	struct ladder_item *item = add(ladder, peer, time_of(ladder, step->offset_us));
	item->has_ack = item->covers = true;
}

/* The proof of TIME-WAIT is the acknowledgement that its owner sends. */
static void tell_last(struct ladder *ladder, enum side side)
{
	const struct timeline_step *proof = find(ladder, side, TCP_TIME_WAIT, true);

	if (!proof || stands_already(ladder, side, time_of(ladder, proof->offset_us)))
		return;
	struct ladder_item *item = add(ladder, side, time_of(ladder, proof->offset_us));
	item->has_ack = item->covers = true;
}

static void tell_reset(struct ladder *ladder)
{
	const struct conn_record *r = ladder->record;
	bool refused = r->outcome && !strcmp(r->outcome, outcome_words[OUTCOME_REFUSED].word);
	enum side by = r->reset_by && !strcmp(r->reset_by, side_words[INITIATOR]) ? INITIATOR : RESPONDER;
	const struct timeline_step *gone = find_proof(ladder, by, TCP_CLOSED);

	if (!r->reset_by && !(refused && r->rsts[RESPONDER]))
		return;
	/* closing_ns may be that of a FIN before it */
	int64_t time_ns = gone ? time_of(ladder, gone->offset_us) : r->closing_ns;
	if (time_ns != CLOCK_NONE)
		add(ladder, by, time_ns)->rst = true;
}

/* --- between --------------------------------------------------------------------------------------- */

/* What came more often than it is drawn: behind the first, at times that are not known. */
static void tell_repeats(struct ladder *ladder, enum side side, bool fin)
{
	int64_t copies = fin ? ladder->record->fins[side] : ladder->record->syns[side], drawn = 0;
	struct ladder_item first = {0};

	for (int i = 0; i < ladder->items; i++)
		if (ladder->item[i].side == side && (fin ? ladder->item[i].fin : ladder->item[i].syn)) {
			first = ladder->item[i];
			drawn++;
		}
	if (!drawn || copies <= drawn)
		return;
	struct ladder_item *again = add(ladder, side, first.time_ns);
	*again = first;
	again->timed = false;
	again->repeat = SEEN_TIMEOUT;
	again->count = copies - drawn;
}

static void tell_payload(struct ladder *ladder, enum side side, int64_t after_ns)
{
	const struct conn_record *r = ladder->record;
	struct ladder_item *item;

	if (r->bytes[side] > 0) {
		item = ladder_add_item(ladder, ITEM_RUN, side, after_ns, after_ns);
		item->timed = false;
		item->tally[side] = (struct ladder_tally){.octets = r->bytes[side],
			.again = r->retransmitted_segments[side],
			.out_of_order = r->out_of_order_segments[side]};
	}
	if (r->gap_bytes[side] > 0) {
		item = ladder_add_item(ladder, ITEM_UNSEEN, side, after_ns, after_ns);
		item->timed = false;
		item->tally[side].unseen = r->gap_bytes[side];
	}
}

/* Behind all that has no SYN, FIN or RST behind it. */
static int64_t open_ns(const struct ladder *ladder)
{
	int64_t open = ladder->record->first_ns;

	for (int i = 0; i < ladder->items; i++) {
		const struct ladder_item *item = &ladder->item[i];

		if (!item->fin && !item->rst && !item->covers && item->time_ns > open)
			open = item->time_ns;
	}
	return open;
}

/* By time; at one time in the order in which they were told. */
static void sort(struct ladder *ladder)
{
	for (int i = 1; i < ladder->items; i++) {
		struct ladder_item item = ladder->item[i];
		int at = i;

		for (; at > 0 && ladder->item[at - 1].time_ns > item.time_ns; at--)
			ladder->item[at] = ladder->item[at - 1];
		ladder->item[at] = item;
	}
}

void ladder_tell(struct ladder *ladder)
{
	for (int side = 0; side < SIDES; side++) {
		tell_syns(ladder, (enum side)side);
		tell_repeats(ladder, (enum side)side, false);
	}
	tell_third(ladder);
	int64_t after_ns = open_ns(ladder);
	for (int side = 0; side < SIDES; side++)
		tell_payload(ladder, (enum side)side, after_ns);
	for (int side = 0; side < SIDES; side++) {
		tell_fin(ladder, (enum side)side);
		tell_fin_acked(ladder, (enum side)side);
		tell_repeats(ladder, (enum side)side, true);
		tell_last(ladder, (enum side)side);
	}
	tell_reset(ladder);
	sort(ladder);
}
