/* ladder_text: a ladder as lines of a terminal. */
#include <limits.h>
#include <string.h>

#include "view/ladder_internal.h"
#include "view/term.h"

enum {
	TIME_COLUMNS = 12,
	NAME_COLUMNS = 13, /* of a state, in parentheses at the most */
	USUAL_COLUMNS = 100,
	NARROW_COLUMNS = 72, /* with less, the names of states have lines of their own */
	LANE_LEAST = 10,
	LANE_MOST = 72,
	LABEL_ROOM = 7, /* beside a label: what is left of the line, its head, blanks */
};

/* Each takes one column. */
struct glyphs {
	const char *band[BASES];
	const char *lane, *line, *run, *dash[2], *unseen, *head[SIDES], *cross, *gap;
};

static const struct glyphs utf8 = {
	.band = {"\u2588", "\u2592", "\u2591"},
	.lane = "\u2503",
	.line = "\u2500",
	.run = "\u2550",
	.dash = {"\u254c", "\u254c"},
	.unseen = "\u00b7",
	.head = {"\u25b6", "\u25c0"},
	.cross = "\u2717",
	.gap = "\u2248",
};

static const struct glyphs ascii = {
	.band = {"#", ":", "."},
	.lane = "|",
	.line = "-",
	.run = "=",
	.dash = {"-", " "},
	.unseen = ".",
	.head = {">", "<"},
	.cross = "X",
	.gap = "~",
};

struct page {
	FILE *out;
	const struct glyphs *glyphs;
	bool color, narrow;
	unsigned width, lane;
	struct strbuf line;
	/* which marks were used */
	bool basis[BASES], run, gap, lost, unseen, back;
};

static void add_blanks(struct strbuf *line, unsigned count)
{
	while (count--)
		strbuf_add_char(line, ' ');
}

static void add_times(struct strbuf *line, const char *glyph, unsigned count)
{
	while (count--)
		strbuf_add(line, glyph);
}

static void add_painted(struct page *page, const char *text, enum term_paint paint, struct ladder_band band)
{
	const char *begin = page->color ? term_begin(paint, band.state, band.basis) : "";

	strbuf_add(&page->line, begin);
	strbuf_add(&page->line, text);
	strbuf_add(&page->line, *begin ? term_end : "");
}

/* No trailing blanks. */
static void end_line(struct page *page)
{
	struct strbuf *line = &page->line;

	while (line->length && line->text[line->length - 1] == ' ')
		line->text[--line->length] = '\0';
	strbuf_add_char(line, '\n');
	strbuf_flush(line, page->out);
}

/* --- what stands in the lane ----------------------------------------------------------------------- */

/* As much of the label as fits. */
static void compose(const struct ladder_label *label, unsigned room, struct strbuf *text)
{
	enum { WHAT, SEQ, ACK, WHY, MORE, PARTS };
	const char *const parts[PARTS] = {label->what, label->seq, label->ack, label->why, label->more};
	static const unsigned dropped[] = {0, 1 << ACK, 1 << ACK | 1 << SEQ, 1 << ACK | 1 << SEQ | 1 << MORE};

	for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
		strbuf_clear(text);
		for (unsigned part = WHAT; part < PARTS; part++)
			if (*parts[part] && !(dropped[i] & 1u << part))
				strbuf_addf(text, "%s%s", text->length ? " " : "", parts[part]);
		if (term_columns(text->text ? text->text : "") <= room)
			return;
	}
	struct strbuf cut = {0};
	term_add_cut(&cut, text->text, room, room - 1);
	strbuf_clear(text);
	strbuf_add(text, cut.text);
	strbuf_fini(&cut);
}

static const char *line_of(struct page *page, const struct ladder_item *item, unsigned column)
{
	if (item->kind == ITEM_UNSEEN)
		return page->glyphs->unseen;
	if (item->lost)
		return page->glyphs->dash[column & 1];
	return item->kind == ITEM_RUN || item->kind == ITEM_TURNS ? page->glyphs->run : page->glyphs->line;
}

static void add_line(struct page *page, const struct ladder_item *item, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		strbuf_add(&page->line, line_of(page, item, i));
}

/* Two columns of line, the label, the rest of the line, its head; or the other way round.  What was lost ends in a
 * cross short of the other side. */
static void add_arrow(struct page *page, const struct ladder_row *row)
{
	const struct ladder_item *item = row->item;
	const struct glyphs *g = page->glyphs;
	struct strbuf text = {0};
	bool to_right = item->side == INITIATOR || item->kind == ITEM_TURNS;

	compose(&row->label, page->lane - LABEL_ROOM, &text);
	unsigned used = term_columns(text.text) + 4, short_of = item->lost ? page->lane / 4 : 0;
	if (used + 2 + short_of > page->lane)
		short_of = page->lane - used - 2;
	unsigned rest = page->lane - used - 1 - short_of;
	const char *head = item->lost ? g->cross : g->head[to_right ? INITIATOR : RESPONDER];
	if (item->kind == ITEM_UNSEEN)
		head = g->unseen;
	if (to_right) {
		if (item->kind == ITEM_TURNS)
			strbuf_add(&page->line, g->head[RESPONDER]);
		add_line(page, item, item->kind == ITEM_TURNS ? 1 : 2);
		strbuf_addf(&page->line, " %s ", text.text);
		add_line(page, item, rest);
		strbuf_add(&page->line, head);
		add_blanks(&page->line, short_of);
	} else {
		add_blanks(&page->line, short_of);
		strbuf_add(&page->line, head);
		add_line(page, item, rest);
		strbuf_addf(&page->line, " %s ", text.text);
		add_line(page, item, 2);
	}
	strbuf_fini(&text);
	page->run |= item->kind == ITEM_RUN || item->kind == ITEM_TURNS;
	page->lost |= item->lost;
	page->unseen |= item->kind == ITEM_UNSEEN;
}

/* At the side that it is about. */
static void add_note(struct page *page, const struct ladder_row *row)
{
	struct strbuf text = {0}, cut = {0};
	const struct ladder_band none = {TCP_UNKNOWN, BASIS_PROVED};
	const char *severity =
		row->note ? severity_words[row->note->severity < SEVERITIES ? row->note->severity : 0] : "";
	enum term_paint paint = row->note ? term_severity_paint(severity) : PAINT_DIM;

	if (row->note)
		strbuf_addf(&text, "%s %s  %s", term_severity_mark(severity), row->note->code, row->note->title);
	else
		strbuf_add(&text, row->remark);
	while (text.length && text.text[text.length - 1] == ' ')
		text.text[--text.length] = '\0';
	term_add_cut(&cut, text.text, page->lane - 2, page->lane - 3);
	unsigned columns = term_columns(cut.text), left = row->side == INITIATOR   ? 1
							  : row->side == RESPONDER ? page->lane - 1 - columns
										   : (page->lane - columns) / 2;
	add_blanks(&page->line, left);
	add_painted(page, cut.text, paint, none);
	add_blanks(&page->line, page->lane - left - columns);
	strbuf_fini(&text);
	strbuf_fini(&cut);
}

/* --- rows ------------------------------------------------------------------------------------------ */

static void add_time(struct page *page, const struct ladder_row *row)
{
	char text[40] = "";

	if (row->timed && !row->offset_us)
		snprintf(text, sizeof text, "0");
	else if (row->timed && row->offset_us > -NS_PER_S / NS_PER_US && row->offset_us < NS_PER_S / NS_PER_US)
		snprintf(text, sizeof text, "%+.3f ms", (double)row->offset_us / 1e3);
	else if (row->timed)
		snprintf(text, sizeof text, "%+.3f s", (double)row->offset_us / 1e6);
	strbuf_addf(&page->line, "%*s", TIME_COLUMNS, text);
}

/* The name of the state that a side enters, or that was taken back; "" where there is none. */
static const char *name_of(const struct ladder_row *row, enum side side, char room[32])
{
	if (row->enters[side])
		snprintf(room, 32, "%s", state_words[row->band[side].state].name);
	else if (row->back[side] != TCP_UNKNOWN)
		snprintf(room, 32, "(%s)", state_words[row->back[side]].name);
	else
		*room = '\0';
	return room;
}

static void add_name(struct page *page, const struct ladder_row *row, enum side side)
{
	const struct ladder_band back = {row->back[side], BASIS_PRESUMED};
	char name[32];

	name_of(row, side, name);
	page->back |= *name == '(';
	if (side == INITIATOR)
		add_blanks(&page->line, NAME_COLUMNS - (unsigned)strlen(name));
	add_painted(page, name, *name ? PAINT_STATE : PAINT_NONE, *name == '(' ? back : row->band[side]);
}

static void add_band(struct page *page, const struct ladder_row *row, enum side side)
{
	struct ladder_band band = row->band[side];

	if (band.state == TCP_UNKNOWN || (row->kind == LADDER_CLOCK && row->side == (int)side)) {
		strbuf_add_char(&page->line, ' ');
		return;
	}
	page->basis[band.basis] = true;
	add_painted(page, page->glyphs->band[band.basis], PAINT_STATE, band);
}

/* "≈≈ 4.94 s           ≈≈" in place of the bands and the lane. */
static void add_break(struct page *page, const struct ladder_row *row)
{
	char span[CLOCK_TEXT];
	struct strbuf text = {0};

	strbuf_addf(&text, " %s%s", clock_print_span(row->break_ns, span), row->time_wait ? " (2MSL)" : "");
	add_times(&page->line, page->glyphs->gap, 2);
	strbuf_add(&page->line, text.text);
	add_blanks(&page->line, page->lane - term_columns(text.text));
	add_times(&page->line, page->glyphs->gap, 2);
	strbuf_fini(&text);
	page->gap = true;
}

static void print_row(struct page *page, const struct ladder_row *row)
{
	add_time(page, row);
	if (!page->narrow) {
		add_blanks(&page->line, 2);
		add_name(page, row, INITIATOR);
	}
	strbuf_add_char(&page->line, ' ');
	if (row->kind == LADDER_BREAK) {
		add_break(page, row);
		end_line(page);
		return;
	}
	add_band(page, row, INITIATOR);
	strbuf_add(&page->line, page->glyphs->lane);
	switch (row->kind) {
	case LADDER_ARROW:
		add_arrow(page, row);
		break;
	case LADDER_NOTE:
	case LADDER_CLOCK:
		add_note(page, row);
		break;
	case LADDER_STATE:
	case LADDER_BREAK:
		add_blanks(&page->line, page->lane);
		break;
	}
	strbuf_add(&page->line, page->glyphs->lane);
	add_band(page, row, RESPONDER);
	if (!page->narrow) {
		add_blanks(&page->line, 2);
		add_name(page, row, RESPONDER);
	}
	end_line(page);
}

/* Where there is no room beside the lane: "I SYN-SENT", "R SYN-RECEIVED (presumed)". */
static void print_names(struct page *page, const struct ladder_row *row)
{
	static const char letters[SIDES] = {'I', 'R'};
	char name[32], text[64];

	for (int side = 0; side < SIDES; side++) {
		if (!*name_of(row, (enum side)side, name))
			continue;
		page->back |= *name == '(';
		enum basis basis = row->band[side].basis;
		snprintf(text, sizeof text, "%c %s%s%s%s", letters[side], name,
			*name == '(' || basis == BASIS_PROVED ? "" : " (",
			*name == '(' || basis == BASIS_PROVED ? "" : basis_words[basis],
			*name == '(' || basis == BASIS_PROVED ? "" : ")");
		struct strbuf cut = {0};
		term_add_cut(&cut, text, page->lane - 2, page->lane - 3);
		add_blanks(&page->line, TIME_COLUMNS + 1);
		add_band(page, row, INITIATOR);
		strbuf_addf(&page->line, "%s ", page->glyphs->lane);
		unsigned columns = term_columns(cut.text), blanks = page->lane - 2 - columns;
		if (side == RESPONDER)
			add_blanks(&page->line, blanks);
		add_painted(page, cut.text, PAINT_STATE, row->band[side]);
		if (side == INITIATOR)
			add_blanks(&page->line, blanks);
		strbuf_addf(&page->line, " %s", page->glyphs->lane);
		add_band(page, row, RESPONDER);
		end_line(page);
		strbuf_fini(&cut);
	}
}

/* --- above and below ------------------------------------------------------------------------------- */

static void print_head(struct page *page)
{
	const struct ladder_band none = {TCP_UNKNOWN, BASIS_PROVED};
	struct strbuf head = {0};

	strbuf_addf(&head, "%*s", TIME_COLUMNS, "TIME");
	if (page->narrow)
		strbuf_addf(&head, "   %-*s%s", (int)page->lane - 9, "INITIATOR", "RESPONDER");
	else
		strbuf_addf(&head, "  %-*s%s", NAME_COLUMNS + 7 + (int)page->lane, "INITIATOR", "RESPONDER");
	add_painted(page, head.text, PAINT_HEADER, none);
	end_line(page);
	strbuf_fini(&head);
}

/* Two blanks behind the one before, or in a line of its own. */
static void add_mark(struct page *page, bool used, const char *mark, const char *meaning)
{
	unsigned columns = term_columns(mark) + 1 + term_columns(meaning);
	unsigned before = page->line.length ? term_columns(page->line.text) : 0;

	if (!used)
		return;
	if (before && before + 2 + columns > page->width)
		end_line(page);
	strbuf_addf(&page->line, "%s%s %s", page->line.length ? "  " : "", mark, meaning);
}

/* Only what was used. */
static void print_marks(struct page *page)
{
	const struct glyphs *g = page->glyphs;

	add_mark(page, page->basis[BASIS_PROVED], g->band[BASIS_PROVED], "proved");
	add_mark(page, page->basis[BASIS_PRESUMED], g->band[BASIS_PRESUMED], "presumed");
	add_mark(page, page->basis[BASIS_TIMER], g->band[BASIS_TIMER], "by timer");
	add_mark(page, page->back, "( )", "taken back later");
	add_mark(page, page->run, g->run, "payload");
	add_mark(page, page->lost, g->cross, "lost behind the tap");
	add_mark(page, page->unseen, g->unseen, "sent, not seen");
	add_mark(page, page->gap, g->gap, "time left out");
	if (page->line.length)
		end_line(page);
}

void ladder_print(const struct ladder *ladder, FILE *out, const struct grid_style *style)
{
	struct page page = {.out = out,
		.glyphs = term_has_utf8() ? &utf8 : &ascii,
		.color = style->color,
		.width = style->width ? style->width : USUAL_COLUMNS};

	page.narrow = page.width < NARROW_COLUMNS;
	/* the time, the bands and the lines of both sides; names with what is around them */
	unsigned beside = TIME_COLUMNS + 1 + 2 + 2 + (page.narrow ? 0 : 2 + NAME_COLUMNS + 2 + NAME_COLUMNS - 1);
	page.lane = page.width > beside + LANE_LEAST ? page.width - beside : LANE_LEAST;
	page.lane = page.lane > LANE_MOST ? LANE_MOST : page.lane;
	print_head(&page);
	for (int i = 0; i < ladder->rows; i++) {
		print_row(&page, &ladder->row[i]);
		if (page.narrow)
			print_names(&page, &ladder->row[i]);
	}
	print_marks(&page);
	strbuf_fini(&page.line);
}
