/* ladder_label: what stands along an arrow. */
#include <stdarg.h>
#include <string.h>

#include "view/ladder_internal.h"
#include "view/units.h"

/* The parts of a text, with a comma between. */
static void add_part(char *text, size_t room, const char *part)
{
	size_t length = strlen(text);

	snprintf(text + length, room - length, "%s%s", length ? ", " : "", part);
}

__attribute__((format(printf, 4, 5))) static void add_count(
	char *text, size_t room, int64_t count, const char *format, ...)
{
	char part[64];
	va_list args;

	if (count <= 0)
		return;
	va_start(args, format);
	vsnprintf(part, sizeof part, format, args);
	va_end(args);
	add_part(text, room, part);
}

#define PART(text, count, ...) add_count(text, sizeof(text), count, __VA_ARGS__)

static void fill_numbers(const struct ladder_item *item, struct ladder_label *label)
{
	bool several = item->end != CLOCK_NONE && item->kind == ITEM_RUN && item->tally[item->side].segments > 1;

	if (item->seq != CLOCK_NONE)
		snprintf(label->seq, sizeof label->seq, several ? "seq %lld to %lld" : "seq %lld", (long long)item->seq,
			(long long)item->end);
	if (item->has_ack && item->ack != CLOCK_NONE && !several)
		snprintf(label->ack, sizeof label->ack, "ack %lld", (long long)item->ack);
}

/* Why it came, where its kind is not all. */
static void fill_why(const struct ladder_item *item, struct ladder_label *label)
{
	static const char *const words[] = {
		[SEEN_NEW] = "",
		[SEEN_KEEP_ALIVE] = "keep-alive",
		[SEEN_WINDOW_PROBE] = "window probe",
		[SEEN_COPY] = "captured twice",
		[SEEN_OUT_OF_ORDER] = "out of order",
		[SEEN_SPURIOUS] = "sent again needlessly",
		[SEEN_FAST] = "sent again at once",
		[SEEN_TIMEOUT] = "sent again",
	};
	/* of a FIN that is acknowledged it may be the acknowledgement that was lost */
	enum seen_repeat repeat =
		item->repeat == SEEN_SPURIOUS && (item->syn || item->fin) ? SEEN_TIMEOUT : item->repeat;
	char span[CLOCK_TEXT];

	if (*words[repeat] && item->kind != ITEM_PROBES)
		add_part(label->why, sizeof label->why, words[repeat]);
	if (item->repeat >= SEEN_SPURIOUS && item->kind == ITEM_SEGMENT && item->count > 1)
		PART(label->why, item->count, "%lld times", (long long)item->count);
	PART(label->why, item->closed_window, "window 0");
	PART(label->why, item->broken, "wrong checksum");
	PART(label->why, item->strange, "not of this connection");
	PART(label->why, item->copies, "captured twice");
	if (item->after_ns != CLOCK_NONE)
		snprintf(label->more, sizeof label->more, "after %s", clock_print_span(item->after_ns, span));
}

static void fill_segment(const struct ladder_item *item, struct ladder_label *label)
{
	const struct ladder_tally *tally = &item->tally[item->side];
	char *what = label->what;
	bool plain = !item->syn && !item->fin && !item->rst;
	size_t room = sizeof label->what;

	if (plain && item->count > 1) {
		PART(label->what, item->count, "%lld ACKs", (long long)item->count);
	} else {
		if (item->syn)
			add_part(what, room, "SYN");
		if (item->fin)
			add_part(what, room, "FIN");
		if (item->rst)
			add_part(what, room, "RST");
		if (item->has_ack)
			add_part(what, room, "ACK");
	}
	PART(label->what, tally->octets, "%lld B", (long long)tally->octets);
	if (!plain && item->count > 1 && item->repeat == SEEN_NEW)
		PART(label->what, item->count, "%lld times", (long long)item->count);
}

static void fill_tally(const struct ladder_tally *tally, char *what, size_t room)
{
	char octets[UNITS_TEXT];

	add_count(what, room, tally->again, "%lld sent again", (long long)tally->again);
	add_count(what, room, tally->lost, "%lld lost", (long long)tally->lost);
	add_count(what, room, tally->out_of_order, "%lld out of order", (long long)tally->out_of_order);
	add_count(what, room, tally->copies, "%lld captured twice", (long long)tally->copies);
	add_count(what, room, tally->unseen, "%s not seen", units_bytes(tally->unseen, octets));
}

static void fill_run(const struct ladder_item *item, struct ladder_label *label)
{
	struct ladder_tally tally = item->tally[item->side];
	char octets[UNITS_TEXT];

	if (tally.segments > 1)
		snprintf(label->what, sizeof label->what, "%lld segments, %s", (long long)tally.segments,
			units_bytes(tally.octets, octets));
	else if (tally.segments == 1)
		snprintf(label->what, sizeof label->what, "%lld B", (long long)tally.octets);
	else
		snprintf(label->what, sizeof label->what, "%s", units_bytes(tally.octets, octets));
	if (tally.again == tally.segments && tally.segments > 0) /* all of them: label.why says it */
		tally.again = 0;
	if (tally.segments == 1)
		tally.out_of_order = tally.copies = 0;
	fill_tally(&tally, label->what, sizeof label->what);
}

static void fill_turns(const struct ladder_item *item, struct ladder_label *label)
{
	struct ladder_tally both = item->tally[INITIATOR];
	const struct ladder_tally *one = &item->tally[INITIATOR], *two = &item->tally[RESPONDER];
	char octets[2][UNITS_TEXT];

	both.segments += two->segments;
	both.again += two->again;
	both.lost += two->lost;
	both.out_of_order += two->out_of_order;
	both.copies += two->copies;
	both.unseen += two->unseen;
	if (both.segments)
		snprintf(label->what, sizeof label->what, "%lld segments, %s / %s", (long long)both.segments,
			units_bytes(one->octets, octets[0]), units_bytes(two->octets, octets[1]));
	else
		snprintf(label->what, sizeof label->what, "no payload");
	fill_tally(&both, label->what, sizeof label->what);
}

static void fill_probes(const struct ladder_item *item, struct ladder_label *label)
{
	const char *word = item->repeat == SEEN_KEEP_ALIVE ? "keep-alive" : "window probe";

	if (item->count > 1)
		snprintf(label->what, sizeof label->what, "%lld %ss", (long long)item->count, word);
	else
		snprintf(label->what, sizeof label->what, "%s", word);
	if (item->answers >= item->count)
		add_part(label->what, sizeof label->what, "answered");
	else if (item->answers)
		PART(label->what, item->answers, "%lld answered", (long long)item->answers);
}

/* One octet of a side that closed and whose FIN never passed is that FIN. */
bool ladder_is_unseen_fin(const struct ladder *ladder, const struct ladder_item *item)
{
	if (item->tally[item->side].unseen != 1 || ladder->record->fins[item->side])
		return false;
	for (int i = 0; i < ladder->steps; i++) {
		enum tcp_state state = ladder->step[i].state;

		if (ladder->step[i].side == item->side && (state == TCP_FIN_WAIT_1 || state == TCP_FIN_WAIT_2 ||
								  state == TCP_LAST_ACK || state == TCP_CLOSING))
			return true;
	}
	return false;
}

static void fill_unseen(const struct ladder *ladder, const struct ladder_item *item, struct ladder_label *label)
{
	char octets[UNITS_TEXT];

	snprintf(label->what, sizeof label->what, "%s not seen",
		ladder_is_unseen_fin(ladder, item) ? "FIN" : units_bytes(item->tally[item->side].unseen, octets));
}

void ladder_fill_label(const struct ladder *ladder, const struct ladder_item *item, struct ladder_label *label)
{
	char span[CLOCK_TEXT];

	*label = (struct ladder_label){.what = ""};
	switch (item->kind) {
	case ITEM_SEGMENT:
		fill_segment(item, label);
		break;
	case ITEM_RUN:
		fill_run(item, label);
		break;
	case ITEM_TURNS:
		fill_turns(item, label);
		break;
	case ITEM_PROBES:
		fill_probes(item, label);
		break;
	case ITEM_UNSEEN:
		fill_unseen(ladder, item, label);
		break;
	}
	if (item->kind != ITEM_TURNS && item->kind != ITEM_PROBES)
		fill_numbers(item, label);
	if (item->kind != ITEM_TURNS && item->kind != ITEM_UNSEEN)
		fill_why(item, label);
	if (item->pause_ns > ladder->pause_ns) {
		clock_print_span(item->pause_ns, span);
		PART(label->more, 1, "longest pause %s", span);
	}
}
