/* ladder_rows: from what passed and what became known to rows, one below the other. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "view/ladder_internal.h"

/* While rows are made. */
struct layout {
	struct ladder *ladder;
	struct ladder_places places;
	struct ladder_band band[SIDES];
	enum tcp_state back[SIDES]; /* the last state that was taken back, since the side entered one */
	int next_step, next_note;   /* of those that stand at their time */
	int64_t shown_us;           /* the time that the rows have come to; CLOCK_NONE */
};

static struct ladder_row *last_row(struct layout *layout)
{
	return &layout->ladder->row[layout->ladder->rows - 1];
}

static struct ladder_row *add_row(struct layout *layout, enum ladder_row_kind kind)
{
	struct ladder *ladder = layout->ladder;

	if (ladder->rows == ladder->row_room) {
		ladder->row_room = ladder->row_room ? 2 * ladder->row_room : 64;
		ladder->row = mem_grow(ladder->row, (size_t)ladder->row_room * sizeof *ladder->row);
	}
	struct ladder_row *row = &ladder->row[ladder->rows++];
	*row = (struct ladder_row){.kind = kind,
		.band = {layout->band[INITIATOR], layout->band[RESPONDER]},
		.back = {TCP_UNKNOWN, TCP_UNKNOWN},
		.side = SIDES};
	return row;
}

/* Before a row at this time: time that is left out. */
static void add_break(struct layout *layout, int64_t at_us, bool time_wait)
{
	int64_t left_out_us = layout->shown_us == CLOCK_NONE || at_us < layout->shown_us ? 0 : at_us - layout->shown_us;

	if (left_out_us <= layout->ladder->pause_ns / NS_PER_US)
		return;
	struct ladder_row *row = add_row(layout, LADDER_BREAK);
	row->break_ns = clock_times((int)NS_PER_US, left_out_us);
	row->time_wait = time_wait;
	layout->shown_us = at_us;
}

static struct ladder_row *add_timed_row(
	struct layout *layout, enum ladder_row_kind kind, int64_t at_us, int64_t until_us, bool time_wait)
{
	add_break(layout, at_us, time_wait);
	struct ladder_row *row = add_row(layout, kind);
	row->timed = true;
	row->offset_us = at_us;
	row->until_us = until_us;
	if (layout->shown_us == CLOCK_NONE || until_us > layout->shown_us)
		layout->shown_us = until_us;
	return row;
}

/* --- states ---------------------------------------------------------------------------------------- */

static bool is_proved_later(const struct ladder *ladder, const struct timeline_step *step)
{
	for (int i = 0; i < ladder->steps; i++) {
		const struct timeline_step *other = &ladder->step[i];

		if (other->confirm && other->side == step->side && other->state == step->state &&
			other->offset_us >= step->offset_us)
			return true;
	}
	return false;
}

/* The state of a side changes in this row, or how it is known. */
static void enter(struct layout *layout, struct ladder_row *row, const struct timeline_step *step)
{
	struct ladder_band *band = &layout->band[step->side];

	if (step->confirm) {
		if (band->state == step->state)
			band->basis = BASIS_PROVED;
	} else {
		*band = (struct ladder_band){step->state, step->basis};
		layout->back[step->side] = TCP_UNKNOWN;
		row->enters[step->side] = true;
		row->proved_later[step->side] = step->basis == BASIS_PRESUMED && is_proved_later(layout->ladder, step);
	}
	row->band[step->side] = *band;
}

/* A state that was held for a while; named once, however often it was. */
static void take_back(struct layout *layout, const struct revision *revision)
{
	struct ladder_row *row = last_row(layout);
	enum side side = revision->side;

	if (row->enters[side] || layout->back[side] == revision->state)
		return;
	row->back[side] = layout->back[side] = revision->state;
}

/* Steps that stand at an item; a second move of one side needs a row of its own. */
static void enter_at_item(struct layout *layout, int item)
{
	struct ladder *ladder = layout->ladder;

	for (int i = 0; i < ladder->steps; i++) {
		const struct timeline_step *step = &ladder->step[i];
		struct ladder_row *row = last_row(layout);

		if (layout->places.step[i].item != item)
			continue;
		if (!step->confirm && row->enters[step->side])
			row = add_row(layout, LADDER_STATE);
		enter(layout, row, step);
	}
	for (int i = 0; i < ladder->revisions; i++)
		if (layout->places.revision[i].item == item)
			take_back(layout, &ladder->revision[i]);
}

/* In a row of its own; a proof shows in the row that comes next. */
static void enter_alone(struct layout *layout, const struct timeline_step *step)
{
	bool timer = step->basis == BASIS_TIMER && layout->band[step->side].state == TCP_TIME_WAIT;
	struct ladder_row next;

	enter(layout,
		step->confirm ? &next : add_timed_row(layout, LADDER_STATE, step->offset_us, step->offset_us, timer),
		step);
}

static void enter_before_item(struct layout *layout, int item)
{
	for (int i = 0; i < layout->ladder->steps; i++)
		if (layout->places.step[i].before == item)
			enter_alone(layout, &layout->ladder->step[i]);
}

/* --- anomalies, and what stands at its time -------------------------------------------------------- */

static void fill_note(struct ladder_row *row, const struct ladder_note *note)
{
	row->note = note;
	row->side = note->side;
}

/* Everything that stands at a time before this one. */
static void add_until(struct layout *layout, int64_t until_us)
{
	struct ladder *ladder = layout->ladder;
	const struct ladder_place *place = layout->places.step;

	for (;;) {
		int *s = &layout->next_step, *n = &layout->next_note;

		while (*s < ladder->steps && (place[*s].item >= 0 || place[*s].before >= 0))
			++*s;
		while (*n < ladder->notes && ladder->note[*n].item >= 0)
			++*n;
		int64_t step_us = *s < ladder->steps ? ladder->step[*s].offset_us : INT64_MAX;
		int64_t note_us = *n < ladder->notes ? ladder_offset_us(ladder, ladder->note[*n].time_ns) : INT64_MAX;
		if (step_us >= until_us && note_us >= until_us)
			return;
		if (note_us < step_us)
			fill_note(add_timed_row(layout, LADDER_NOTE, note_us, note_us, false), &ladder->note[(*n)++]);
		else
			enter_alone(layout, &ladder->step[(*s)++]);
	}
}

/* --- arrows ---------------------------------------------------------------------------------------- */

static void add_item(struct layout *layout, int i)
{
	struct ladder *ladder = layout->ladder;
	const struct ladder_item *item = &ladder->item[i];
	int64_t at_us = ladder_offset_us(ladder, item->time_ns), until_us = ladder_offset_us(ladder, item->until_ns);
	struct ladder_row *row;

	if (item->timed || item->kind == ITEM_UNSEEN)
		add_until(layout, at_us);
	enter_before_item(layout, i);
	if (item->timed) {
		row = add_timed_row(layout, LADDER_ARROW, at_us, until_us, false);
	} else {
		if (ladder->has_segments)
			add_break(layout, at_us, false);
		row = add_row(layout, LADDER_ARROW);
	}
	row->item = item;
	ladder_fill_label(ladder, item, &row->label);
	enter_at_item(layout, i);
	for (int n = 0; n < ladder->notes; n++)
		if (ladder->note[n].item == i)
			fill_note(add_row(layout, LADDER_NOTE), &ladder->note[n]);
}

/* --- the beginning and the end --------------------------------------------------------------------- */

/* It was there before the SYN came: the answer shows it. */
static void add_listen(struct layout *layout)
{
	const struct ladder *ladder = layout->ladder;

	for (int i = 0; i < ladder->steps; i++) {
		if (ladder->step[i].side != RESPONDER)
			continue;
		if (ladder->step[i].state != TCP_SYN_RECEIVED)
			return;
		layout->band[RESPONDER] = (struct ladder_band){TCP_LISTEN, BASIS_PRESUMED};
		add_row(layout, LADDER_STATE)->enters[RESPONDER] = true;
		return;
	}
}

/* How it ended, where no segment says so; and what the capture has not reached: TIME-WAIT runs on. */
static void add_end(struct layout *layout)
{
	const struct conn_record *r = layout->ladder->record;
	enum outcome outcome = r->outcome ? outcome_from_word(r->outcome) : OUTCOMES;
	bool seen = outcome == OUTCOME_REFUSED || outcome == OUTCOME_RESET || outcome == OUTCOME_HANDSHAKE_ABORTED ||
		    outcome == OUTCOME_CLOSED || outcome == OUTCOMES;

	if (!seen)
		add_row(layout, LADDER_NOTE)->remark = outcome_words[outcome].meaning;
	for (int side = 0; side < SIDES && r->time_wait_ends_ns != CLOCK_NONE; side++) {
		int64_t ends_us = ladder_offset_us(layout->ladder, r->time_wait_ends_ns);

		if (layout->band[side].state != TCP_TIME_WAIT || ends_us <= layout->shown_us)
			continue;
		struct ladder_row *row = add_timed_row(layout, LADDER_CLOCK, ends_us, ends_us, true);
		row->side = side;
		row->remark = "2MSL over: the port is free";
	}
}

void ladder_lay_out(struct ladder *ladder)
{
	struct layout layout = {.ladder = ladder,
		.band = {{TCP_UNKNOWN, BASIS_PROVED}, {TCP_UNKNOWN, BASIS_PROVED}},
		.back = {TCP_UNKNOWN, TCP_UNKNOWN},
		.shown_us = CLOCK_NONE};

	if (!ladder->has_segments)
		ladder_tell(ladder);
	else if (!ladder->unfold)
		ladder_join(ladder);
	ladder_place(ladder, &layout.places);
	add_listen(&layout);
	for (int i = 0; i < ladder->items; i++)
		add_item(&layout, i);
	add_until(&layout, INT64_MAX);
	add_end(&layout);
}
