/* ladder: what it is told: the row of the connection, anomalies, segments (ladder.h). */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "view/ladder_internal.h"

/* A time without a segment is left out where it is longer than both. */
#define PAUSE_NS (500 * NS_PER_MS)
enum { PAUSE_ROUND_TRIPS = 10, LOOK_BACK = 64 };

/* --- the row of the connection --------------------------------------------------------------------- */

static void read_story(struct ladder *ladder)
{
	const char *back = ladder->record->revisions;

	ladder->steps = timeline_read(ladder->record, ladder->step, LADDER_STEPS);
	while (back && ladder->revisions < LADDER_STEPS && revision_next(&back, &ladder->revision[ladder->revisions]))
		ladder->revisions++;
}

struct ladder *ladder_new(bool unfold)
{
	struct ladder *ladder = mem_new(1, sizeof *ladder);

	ladder->unfold = unfold;
	ladder->pause_ns = PAUSE_NS;
	ladder->fin_end[INITIATOR] = ladder->fin_end[RESPONDER] = CLOCK_NONE;
	return ladder;
}

/* From the two halves of the handshake: how far away both sides are, and where the tap is between them. */
static void set_distances(struct ladder *ladder, const struct conn_record *record)
{
	int64_t to_responder_us = record->syn_rtt_us, to_initiator_us = record->ack_rtt_us;
	const int64_t most_us = INT64_MAX / NS_PER_US / 2;

	ladder->tap = .5;
	if (to_responder_us < 0 || to_initiator_us < 0 || to_responder_us > most_us || to_initiator_us > most_us)
		return;
	int64_t trip_us = to_responder_us + to_initiator_us;
	int64_t pause = clock_times(PAUSE_ROUND_TRIPS, trip_us * NS_PER_US);
	ladder->pause_ns = pause > PAUSE_NS ? pause : PAUSE_NS;
	if (!trip_us)
		return;
	double share = (double)to_initiator_us / (double)trip_us;
	ladder->tap = share < .05 ? .05 : share > .95 ? .95 : share;
}

void ladder_connection(struct ladder *ladder, const struct conn_record *record)
{
	char ip[ADDR_TEXT];

	ladder->record = record;
	ladder->id = record->id;
	for (int side = 0; side < SIDES; side++)
		snprintf(ladder->end[side], sizeof ladder->end[side],
			addr_is_v4(&record->ip[side]) ? "%s:%lld" : "[%s]:%lld", addr_print(&record->ip[side], ip),
			(long long)record->port[side]);
	set_distances(ladder, record);
	read_story(ladder);
}

void ladder_free(struct ladder *ladder)
{
	if (!ladder)
		return;
	free(ladder->item);
	free(ladder->note);
	free(ladder->packet);
	free(ladder->row);
	free(ladder);
}

/* --- anomalies ------------------------------------------------------------------------------------- */

static void add_packet(struct ladder *ladder, int64_t packet)
{
	if (packet == CLOCK_NONE)
		return;
	ladder->packet = mem_grow(ladder->packet, (size_t)(ladder->packets + 1) * sizeof *ladder->packet);
	ladder->packet[ladder->packets++] = packet;
}

/* The segments that its evidence names. */
static void add_packets(struct ladder *ladder, const char *evidence)
{
	struct json_member member = {0};

	while (json_next(&evidence, &member)) {
		size_t length = member.key.length, ending = strlen("_packet");

		if (member.is_number && length > ending && !strcmp(member.key.text + length - ending, "_packet"))
			add_packet(ladder, member.number);
	}
	json_member_fini(&member);
}

void ladder_anomaly(struct ladder *ladder, const struct anomaly_record *row)
{
	enum anomaly kind = anomaly_from_code(row->code);
	struct strbuf code = {0};

	ladder->note = mem_grow(ladder->note, (size_t)(ladder->notes + 1) * sizeof *ladder->note);
	struct ladder_note *note = &ladder->note[ladder->notes++];
	*note = (struct ladder_note){.time_ns = row->time_ns,
		.packet = row->packet,
		.side = SIDES,
		.severity = severity_from_word(row->severity),
		.title = kind == ANOMALIES ? "" : anomaly_kinds[kind].title,
		.item = -1};
	for (int side = 0; side < SIDES; side++)
		if (row->side && !strcmp(row->side, side_words[side]))
			note->side = side;
	strbuf_add_safe(&code, *row->code ? row->code : "?");
	size_t length = code.length < sizeof note->code ? code.length : sizeof note->code - 1;
	while (length < code.length && (code.text[length] & 0xc0) == 0x80) /* between two characters */
		length--;
	memcpy(note->code, code.text, length);
	strbuf_fini(&code);
	add_packet(ladder, row->packet);
	add_packets(ladder, row->evidence);
}

static bool is_pointed_at(const struct ladder *ladder, int64_t packet)
{
	for (int i = 0; i < ladder->packets; i++)
		if (ladder->packet[i] == packet)
			return true;
	return false;
}

/* --- segments -------------------------------------------------------------------------------------- */

struct ladder_item *ladder_add_item(
	struct ladder *ladder, enum ladder_item_kind kind, enum side side, int64_t time_ns, int64_t until_ns)
{
	if (ladder->items == ladder->item_room) {
		ladder->item_room = ladder->item_room ? 2 * ladder->item_room : 32;
		ladder->item = mem_grow(ladder->item, (size_t)ladder->item_room * sizeof *ladder->item);
	}
	struct ladder_item *item = &ladder->item[ladder->items++];
	*item = (struct ladder_item){.kind = kind,
		.side = side,
		.timed = true,
		.time_ns = time_ns,
		.until_ns = until_ns,
		.seq = CLOCK_NONE,
		.ack = CLOCK_NONE,
		.end = CLOCK_NONE,
		.after_ns = CLOCK_NONE};
	return item;
}

static struct ladder_item *last_item(struct ladder *ladder)
{
	return ladder->items ? &ladder->item[ladder->items - 1] : NULL;
}

static bool is_probe(const struct seen_segment *s)
{
	return s->repeat == SEEN_KEEP_ALIVE || s->repeat == SEEN_WINDOW_PROBE;
}

static bool is_sent_again(enum seen_repeat repeat)
{
	return repeat == SEEN_SPURIOUS || repeat == SEEN_FAST || repeat == SEEN_TIMEOUT;
}

static bool is_pure(const struct seen_segment *s)
{
	return !s->length && !s->syn && !s->fin && !s->rst && s->has_ack && s->repeat != SEEN_KEEP_ALIVE &&
	       s->repeat != SEEN_WINDOW_PROBE;
}

static bool covers_fin(const struct ladder *ladder, const struct seen_segment *s)
{
	int64_t end = ladder->fin_end[ladder_peer(s->side)];

	return s->has_ack && !s->rst && end != CLOCK_NONE && s->ack != CLOCK_NONE && s->ack >= end;
}

static bool is_important(const struct ladder *ladder, const struct seen_segment *s)
{
	enum side peer = ladder_peer(s->side);
	const struct ladder_item *last = last_item((struct ladder *)ladder);

	if (s->syn || s->fin || s->rst || s->broken || s->strange || is_pointed_at(ladder, s->packet))
		return true;
	if (is_pure(s) && last && last->syn && last->side == peer && last->has_ack && !ladder->spoke[s->side])
		return true; /* the third of the handshake */
	return covers_fin(ladder, s) && (!ladder->fin_covered[peer] || (last && last->fin && last->side == peer));
}

/* Its copy before, as far as that stands alone. */
static int64_t since_copy(const struct ladder *ladder, const struct seen_segment *s)
{
	for (int i = ladder->items - 1; i >= 0 && i >= ladder->items - LOOK_BACK; i--) {
		const struct ladder_item *item = &ladder->item[i];

		if (item->side == s->side && item->seq == s->seq && item->seq != CLOCK_NONE && item->syn == s->syn &&
			item->fin == s->fin && item->kind != ITEM_UNSEEN && item->kind != ITEM_PROBES &&
			item->time_ns == item->until_ns)
			return clock_since(s->time_ns, item->time_ns);
	}
	return CLOCK_NONE;
}

/* Acknowledgements show that it had to come again: its first copy was lost. */
static void note_loss(struct ladder *ladder, const struct seen_segment *s)
{
	for (int i = ladder->items - 1; i >= 0 && i >= ladder->items - LOOK_BACK; i--) {
		struct ladder_item *item = &ladder->item[i];

		if (item->kind != ITEM_RUN || item->side != s->side || item->repeat != SEEN_NEW || s->seq < item->seq ||
			s->seq >= item->end)
			continue;
		item->tally[s->side].lost++;
		return;
	}
}

/* What was taken for not seen has come after all: later ones had overtaken it. */
static void take_back_unseen(struct ladder *ladder, const struct seen_segment *s)
{
	for (int i = ladder->items - 1; i >= 0 && i >= ladder->items - LOOK_BACK; i--) {
		struct ladder_item *item = &ladder->item[i];

		if (item->kind != ITEM_UNSEEN || item->side != s->side || s->seq < item->seq || s->seq >= item->end)
			continue;
		item->tally[s->side].unseen -= s->length;
		if (item->tally[s->side].unseen > 0)
			return;
		memmove(item, item + 1, (size_t)(ladder->items - 1 - i) * sizeof *item);
		ladder->items--;
		return;
	}
}

static void add_unseen(struct ladder *ladder, enum side side, int64_t end, int64_t octets, int64_t time_ns)
{
	struct ladder_item *last = last_item(ladder);

	if (octets <= 0 || end == CLOCK_NONE)
		return;
	if (!last || last->kind != ITEM_UNSEEN || last->side != side || last->end != end - octets || ladder->unfold) {
		last = ladder_add_item(ladder, ITEM_UNSEEN, side, time_ns, time_ns);
		last->timed = false;
		last->seq = end - octets;
	}
	last->end = end;
	last->until_ns = time_ns;
	last->tally[side].unseen += octets;
}

/* May the segment be told together with the item before it? */
static bool joins(const struct ladder *ladder, const struct ladder_item *last, const struct seen_segment *s)
{
	bool same = last->side == s->side;

	if (ladder->unfold && !ladder->over_full)
		return false;
	if (last->important || last->kind == ITEM_UNSEEN)
		return false;
	if (is_probe(s))
		return last->kind == ITEM_PROBES && same && last->repeat == s->repeat;
	if (clock_since(s->time_ns, last->until_ns) > ladder->pause_ns)
		return false;
	if (last->kind == ITEM_TURNS)
		return ladder->over_full;
	if (is_pure(s))
		return !s->closed_window &&
		       (last->kind != ITEM_SEGMENT || (same && last->has_ack && !last->closed_window));
	if (last->kind != ITEM_RUN || !same)
		return false;
	if (s->repeat == SEEN_OUT_OF_ORDER || s->repeat == SEEN_COPY)
		return last->repeat == SEEN_NEW;
	return last->repeat == s->repeat;
}

static void count_payload(struct ladder_item *item, const struct seen_segment *s)
{
	struct ladder_tally *tally = &item->tally[s->side];

	tally->segments++;
	tally->octets += s->length;
	tally->again += is_sent_again(s->repeat);
	tally->out_of_order += s->repeat == SEEN_OUT_OF_ORDER;
	tally->copies += s->repeat == SEEN_COPY;
	if (item->side != s->side || s->seq == CLOCK_NONE)
		return;
	if (item->seq == CLOCK_NONE || s->seq < item->seq)
		item->seq = s->seq;
	if (item->end == CLOCK_NONE || s->seq + s->length > item->end)
		item->end = s->seq + s->length;
}

static void join(struct ladder_item *item, const struct seen_segment *s)
{
	int64_t pause = clock_since(s->time_ns, item->until_ns);

	if (pause > item->pause_ns)
		item->pause_ns = pause;
	if (s->time_ns > item->until_ns)
		item->until_ns = s->time_ns;
	if (item->kind == ITEM_PROBES && is_probe(s)) {
		item->count++;
	} else if (!s->length) {
		item->answers += item->side != s->side;
		item->count += item->kind == ITEM_SEGMENT;
		if (item->side == s->side)
			item->ack = s->ack;
	} else {
		count_payload(item, s);
	}
}

static void add(struct ladder *ladder, const struct seen_segment *s, bool important)
{
	enum ladder_item_kind kind = is_probe(s) && !important                                  ? ITEM_PROBES
				     : s->length && !s->syn && !s->fin && !s->rst && !s->broken ? ITEM_RUN
												: ITEM_SEGMENT;
	int64_t after = is_sent_again(s->repeat) ? since_copy(ladder, s) : CLOCK_NONE;
	struct ladder_item *item = ladder_add_item(ladder, kind, s->side, s->time_ns, s->time_ns);

	item->important = important;
	item->syn = s->syn;
	item->fin = s->fin;
	item->rst = s->rst;
	item->has_ack = s->has_ack;
	item->covers = covers_fin(ladder, s);
	item->broken = s->broken;
	item->strange = s->strange;
	item->closed_window = s->closed_window;
	item->repeat = s->repeat;
	item->count = 1;
	item->seq = s->seq;
	item->end = s->seq == CLOCK_NONE ? CLOCK_NONE : s->seq + s->length;
	item->ack = s->ack;
	item->after_ns = after;
	if (kind != ITEM_PROBES && s->length)
		count_payload(item, s);
}

/* The same packet captured once more says nothing new. */
static bool is_copy_of(const struct ladder_item *last, const struct seen_segment *s)
{
	return s->repeat == SEEN_COPY && last->kind == ITEM_SEGMENT && last->side == s->side && last->seq == s->seq &&
	       last->ack == s->ack && last->syn == s->syn && last->fin == s->fin && last->rst == s->rst;
}

static void note_progress(struct ladder *ladder, const struct seen_segment *s)
{
	enum side peer = ladder_peer(s->side);

	if (s->fin && !s->broken && !s->strange && s->seq != CLOCK_NONE)
		ladder->fin_end[s->side] = s->seq + s->length + 1;
	ladder->fin_covered[peer] |= covers_fin(ladder, s);
	ladder->spoke[s->side] |= !s->syn;
}

void ladder_segment(void *context, const struct seen_segment *s)
{
	struct ladder *ladder = context;

	ladder->has_segments = true;
	add_unseen(ladder, s->side, s->seq, s->skipped, s->time_ns);
	add_unseen(ladder, ladder_peer(s->side), s->ack, s->acked_unseen, s->time_ns);
	if (s->repeat == SEEN_OUT_OF_ORDER)
		take_back_unseen(ladder, s);
	if (s->repeat == SEEN_FAST && s->again)
		note_loss(ladder, s);
	struct ladder_item *last = last_item(ladder);
	bool important = is_important(ladder, s);
	if (last && is_copy_of(last, s))
		last->copies++;
	else if (last && !important && joins(ladder, last, s))
		join(last, s);
	else
		add(ladder, s, important);
	note_progress(ladder, s);
	if (ladder->items >= LADDER_ITEMS_MOST) {
		ladder->over_full = true;
		ladder_join(ladder);
	}
}
