/* board_draw: the board as lines of text.  See board.h. */
#include "view/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "view/board_internal.h"
#include "view/grid.h"
#include "view/term.h"
#include "view/units.h"

enum {
	HEAD_LINES = 5,    /* above the blank line, or what filters the table */
	TABLE_LEAST = 12,  /* fewer lines than this: the head alone */
	CURVE_CELLS = 12,  /* of five seconds each */
	RATES_OVER_S = 10, /* open/s and so on */
	LABEL = 10,        /* "initiators", "responders" */
};

static void paint(const struct board *b, struct strbuf *out, enum term_paint paint, const char *text)
{
	strbuf_add(out, b->options.color ? term_begin(paint, TCP_UNKNOWN, BASIS_PROVED) : "");
	strbuf_add(out, text);
	strbuf_add(out, b->options.color && paint != PAINT_NONE ? term_end : "");
}

/* --- the head line -------------------------------------------------------------------------------- */

/* Its parts, and which of them goes first when it is too long: drops never do. */
enum part {
	PART_NAME,
	PART_INTERFACES,
	PART_UP,
	PART_PACKETS,
	PART_BYTES,
	PART_DROPS,
	PART_DATABASE,
	PART_QUEUE,
	PARTS
};

static const enum part leaves[] = {PART_QUEUE, PART_UP, PART_DATABASE, PART_BYTES, PART_NAME, PART_PACKETS};

static void add_part(const struct board *b, enum part part, struct strbuf *text)
{
	const struct board_moment *m = &b->moment;
	char number[CLOCK_TEXT];

	switch (part) {
	case PART_NAME:
		strbuf_add(text, "lastack");
		break;
	case PART_INTERFACES:
		strbuf_add_safe(text, b->options.interfaces);
		break;
	case PART_UP:
		strbuf_addf(
			text, "up %s", clock_print_span((m->now_ns - b->options.now_ns) / NS_PER_S * NS_PER_S, number));
		break;
	case PART_PACKETS:
		strbuf_addf(text, "%.0f pkt/s", b->packet_rate);
		break;
	case PART_BYTES:
		strbuf_addf(text, "%s/s", units_bytes((int64_t)b->byte_rate, number));
		break;
	case PART_DROPS:
		strbuf_addf(text, "drops %llu", (unsigned long long)m->dropped);
		if (m->dropped)
			strbuf_addf(text, " (%.2f %%)", 100.0 * (double)m->dropped / (double)(m->packets + m->dropped));
		break;
	case PART_DATABASE:
		strbuf_add_safe(text, b->options.database);
		strbuf_addf(text, " %s", units_bytes(m->database_bytes, number));
		break;
	case PART_QUEUE:
		strbuf_addf(text, "queue %llu", (unsigned long long)m->waiting);
		break;
	case PARTS:
		break;
	}
}

static void draw_head(const struct board *b, unsigned width, struct strbuf *out)
{
	struct strbuf text[PARTS] = {{0}};
	bool shown[PARTS];
	unsigned total = 0, gone = 0;

	for (int i = 0; i < PARTS; i++) {
		add_part(b, (enum part)i, &text[i]);
		shown[i] = true;
		total += term_columns(text[i].text) + (i ? 2 : 0);
	}
	for (; total > width && gone < sizeof leaves / sizeof *leaves; gone++) {
		shown[leaves[gone]] = false;
		total -= term_columns(text[leaves[gone]].text) + 2;
	}
	for (int i = 0, any = 0; i < PARTS; i++) {
		if (shown[i]) {
			strbuf_add(out, any++ ? "  " : "");
			paint(b, out,
				i == PART_NAME                         ? PAINT_HEADER
				: i == PART_DROPS && b->moment.dropped ? PAINT_ALERT
								       : PAINT_NONE,
				text[i].text);
		}
		strbuf_fini(&text[i]);
	}
	strbuf_add_char(out, '\n');
}

/* --- states --------------------------------------------------------------------------------------- */

static const enum tcp_state columns_of_states[] = {TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2, TCP_CLOSING, TCP_TIME_WAIT, TCP_CLOSE_WAIT, TCP_LAST_ACK};

enum { STATE_COLUMNS = sizeof columns_of_states / sizeof *columns_of_states };

/* The widths of the columns; 0: those without a connection leave when it is too narrow. */
static void lay_out_states(const struct board *b, unsigned width, unsigned widths[STATE_COLUMNS])
{
	unsigned total = LABEL;

	for (int i = 0; i < STATE_COLUMNS; i++) {
		enum tcp_state state = columns_of_states[i];
		uint64_t most = b->moment.held[INITIATOR][state] > b->moment.held[RESPONDER][state]
					? b->moment.held[INITIATOR][state]
					: b->moment.held[RESPONDER][state];
		char number[UNITS_TEXT];
		unsigned own = (unsigned)snprintf(number, sizeof number, "%llu", (unsigned long long)most);
		unsigned name = (unsigned)strlen(state_words[state].short_name);

		widths[i] = own > name ? own : name;
		if (widths[i] < 4)
			widths[i] = 4;
		total += 1 + widths[i];
	}
	for (int i = STATE_COLUMNS - 1; i >= 0 && total > width; i--) {
		enum tcp_state state = columns_of_states[i];

		if (b->moment.held[INITIATOR][state] || b->moment.held[RESPONDER][state])
			continue;
		total -= 1 + widths[i];
		widths[i] = 0;
	}
}

static void draw_states(const struct board *b, unsigned width, struct strbuf *out)
{
	unsigned widths[STATE_COLUMNS];

	lay_out_states(b, width, widths);
	strbuf_addf(out, "%*s", LABEL, "");
	for (int i = 0; i < STATE_COLUMNS; i++)
		if (widths[i])
			strbuf_addf(out, " %*s", (int)widths[i], state_words[columns_of_states[i]].short_name);
	strbuf_add_char(out, '\n');
	for (int side = 0; side < SIDES; side++) {
		strbuf_addf(out, "%ss", side_words[side]);
		for (int i = 0; i < STATE_COLUMNS; i++) {
			enum tcp_state state = columns_of_states[i];
			uint64_t count = b->moment.held[side][state];

			if (!widths[i])
				continue;
			strbuf_add_char(out, ' ');
			if (!count) {
				strbuf_addf(out, "%*s", (int)widths[i], "-");
				continue;
			}
			strbuf_add(out, b->options.color ? term_begin(PAINT_STATE, state, BASIS_PROVED) : "");
			strbuf_addf(out, "%*llu", (int)widths[i], (unsigned long long)count);
			strbuf_add(out, b->options.color ? term_end : "");
		}
		strbuf_add_char(out, '\n');
	}
}

/* --- rates, and the last minute -------------------------------------------------------------------- */

static void add_curve(struct strbuf *out, const struct board *b, size_t field)
{
	uint32_t cell[CURVE_CELLS], most = 1;

	for (unsigned i = 0; i < CURVE_CELLS; i++) {
		unsigned each = BOARD_SECONDS / CURVE_CELLS;
		struct board_second sum = board_sum(b, each, (CURVE_CELLS - 1 - i) * each);

		memcpy(&cell[i], (const char *)&sum + field, sizeof cell[i]);
		most = cell[i] > most ? cell[i] : most;
	}
	for (unsigned i = 0; i < CURVE_CELLS; i++)
		strbuf_add(out, term_level(cell[i], most));
}

static void draw_rates(const struct board *b, unsigned width, struct strbuf *out)
{
	struct board_second sum = board_sum(b, RATES_OVER_S, 1);
	int64_t up = clock_since(b->moment.now_ns, b->options.now_ns) / NS_PER_S;
	double over = up < 1 ? 1 : up < RATES_OVER_S ? (double)up : RATES_OVER_S;
	struct strbuf line = {0}, curves = {0};
	char span[CLOCK_TEXT];

	strbuf_addf(&line, "open %.1f/s  close %.1f/s  reset %.1f/s  RTT ", (double)sum.opened / over,
		(double)sum.closed / over, (double)sum.reset / over);
	if (b->rtt_ns == CLOCK_NONE)
		strbuf_add_char(&line, '-');
	else
		strbuf_add(&line, clock_print_span(b->rtt_ns, span));
	strbuf_add(&curves, "  last 60 s: open ");
	add_curve(&curves, b, offsetof(struct board_second, opened));
	strbuf_add(&curves, " reset ");
	add_curve(&curves, b, offsetof(struct board_second, reset));
	if (term_columns(line.text) + term_columns(curves.text) <= width)
		strbuf_add(&line, curves.text);
	strbuf_add(out, line.text);
	strbuf_add_char(out, '\n');
	strbuf_fini(&line);
	strbuf_fini(&curves);
}

/* --- the table ------------------------------------------------------------------------------------ */

enum cell { CELL_INITIATOR, CELL_RESPONDER, CELL_STATES, CELL_FOR, CELL_I, CELL_R, CELL_ANOMALY, CELLS };

static const struct grid_column columns[CELLS] = {
	[CELL_INITIATOR] = {"INITIATOR", NULL, .cut = CUT_ENDPOINT, .least = 14, .usual = 21},
	[CELL_RESPONDER] = {"RESPONDER", NULL, .cut = CUT_ENDPOINT, .least = 14, .usual = 21},
	[CELL_STATES] = {"STATES", NULL, .usual = 17},
	[CELL_FOR] = {"FOR", NULL, .right = true, .leaves = 2, .usual = 6},
	[CELL_I] = {"I/s", NULL, .right = true, .leaves = 1, .usual = 5},
	[CELL_R] = {"R/s", NULL, .right = true, .leaves = 1, .usual = 5},
	[CELL_ANOMALY] = {"ANOMALY", NULL, .cut = CUT_END, .least = 10, .usual = 18},
};

static void add_state(const struct board *b, struct strbuf *text, const struct present *p, enum side side)
{
	enum tcp_state state = p->state[side];
	char mark[2] = {basis_marks[p->basis[side]], '\0'};

	if (state == TCP_UNKNOWN) {
		strbuf_add_char(text, '-');
		return;
	}
	strbuf_add(text, b->options.color ? term_begin(PAINT_STATE, state, p->basis[side]) : "");
	strbuf_add(text, state_words[state].short_name);
	strbuf_add(text, mark);
	strbuf_add(text, b->options.color ? term_end : "");
}

static void add_cell(const struct board *b, enum cell cell, const struct board_row *row, struct strbuf *text)
{
	const struct present *p = &row->p;
	char number[UNITS_TEXT], ip[ADDR_TEXT];

	switch (cell) {
	case CELL_INITIATOR:
	case CELL_RESPONDER: {
		enum side side = cell == CELL_INITIATOR ? INITIATOR : RESPONDER;
		strbuf_addf(text, addr_is_v4(&p->ip[side]) ? "%s:%u" : "[%s]:%u", addr_print(&p->ip[side], ip),
			p->port[side]);
		break;
	}
	case CELL_STATES:
		add_state(b, text, p, INITIATOR);
		strbuf_add_char(text, '/');
		add_state(b, text, p, RESPONDER);
		break;
	case CELL_FOR:
		strbuf_add(text, units_span(clock_since(b->moment.now_ns, p->since_ns), number));
		break;
	case CELL_I:
	case CELL_R: {
		double rate = row->rate[cell == CELL_I ? INITIATOR : RESPONDER];
		strbuf_add(text, rate < 0 ? "-" : units_count((int64_t)rate, number));
		break;
	}
	case CELL_ANOMALY:
		if (p->kind == ANOMALIES)
			break;
		const char *severity = severity_words[p->worst];
		paint(b, text, term_severity_paint(severity), term_severity_mark(severity));
		strbuf_addf(text, " %s", anomaly_kinds[p->kind].code);
		break;
	case CELLS:
		break;
	}
}

/* Which rows are seen, so that the chosen one is. */
static void scroll(struct board *b, unsigned room)
{
	b->page = room;
	if (b->chosen != CLOCK_NONE && b->at < b->top)
		b->top = b->at;
	if (b->chosen != CLOCK_NONE && b->at >= b->top + room)
		b->top = b->at - room + 1;
	if (b->top + room > b->rows)
		b->top = b->rows > room ? b->rows - room : 0;
}

static bool is_filtered(const struct board *b)
{
	return *b->filter || b->anomalies_only || b->no_time_wait;
}

/* Adds the heading and `room` lines; returns the chosen one of them, room: none. */
static unsigned draw_table(struct board *b, unsigned width, unsigned room, struct strbuf *out)
{
	char *drawn = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&drawn, &length);
	unsigned last, lines;

	if (!file)
		err_no_memory();
	struct grid *grid = grid_open(file, &(struct grid_style){width, b->options.color}, columns, CELLS);
	struct strbuf text = {0};
	scroll(b, room);
	last = b->top + room < b->rows ? b->top + room : b->rows;
	for (unsigned i = b->top; i < last; i++) {
		for (int cell = 0; cell < CELLS; cell++) {
			strbuf_clear(&text);
			add_cell(b, (enum cell)cell, b->row[i], &text);
			grid_cell(grid, text.text ? text.text : "");
		}
		grid_row(grid);
	}
	grid_finish(grid);
	grid_free(grid);
	fclose(file);
	strbuf_fini(&text);
	if (last > b->top)
		strbuf_add(out, drawn);
	else
		strbuf_add(out, is_filtered(b) ? "no open connection fits\n" : "no open connections\n");
	free(drawn);
	for (lines = last - b->top + 1; lines < room + 1; lines++)
		strbuf_add_char(out, '\n');
	return b->chosen != CLOCK_NONE && b->at >= b->top && b->at < last ? b->at - b->top : room;
}

static void draw_text(struct board *b, unsigned room, struct strbuf *out)
{
	const char *at = b->text;

	b->page = room;
	for (unsigned i = 0; i < b->top && (at = strchr(at, '\n')); i++)
		at++;
	for (unsigned i = 0; i < room; i++) {
		const char *end = at ? strchr(at, '\n') : NULL;

		if (end)
			strbuf_add_n(out, at, (size_t)(end - at));
		strbuf_add_char(out, '\n');
		at = end ? end + 1 : NULL;
	}
}

/* --- what surrounds it ---------------------------------------------------------------------------- */

/* How the table differs from all there is; blank when it does not. */
static void draw_choice(const struct board *b, struct strbuf *out)
{
	struct strbuf text = {0};

	if (b->paused)
		strbuf_add(&text, "  paused");
	if (b->order != ORDER_ATTENTION)
		strbuf_addf(&text, "  sorted by %s", board_order_words[b->order]);
	if (*b->filter && !b->typing)
		strbuf_addf(&text, "  with \"%s\" (esc: all)", b->filter);
	if (b->anomalies_only)
		strbuf_add(&text, "  anomalies only");
	if (b->no_time_wait)
		strbuf_add(&text, "  without TIME-WAIT");
	if (!b->text && b->fitting > b->page && b->page)
		strbuf_addf(&text, "  %u to %u of %llu", b->top + 1,
			b->top + b->page < b->rows ? b->top + b->page : b->rows, (unsigned long long)b->fitting);
	if (text.length)
		paint(b, out, PAINT_DIM, text.text + 2);
	strbuf_add_char(out, '\n');
	strbuf_fini(&text);
}

static void draw_keys(const struct board *b, unsigned width, struct strbuf *out)
{
	static const char *const keys[] = {
		"q quit", "p pause", "s sort", "/ filter", "enter show", "a anomalies only", "t TIME-WAIT", "? help"};
	struct strbuf text = {0};

	if (b->typing) {
		strbuf_addf(&text, "/%s_  (enter: keep, esc: all)", b->filter);
	} else if (b->text) {
		strbuf_add(&text, "q back");
	} else {
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (text.length + 2 + strlen(keys[i]) <= width)
				strbuf_addf(&text, "%s%s", i ? "  " : "", keys[i]);
	}
	paint(b, out, PAINT_DIM, text.text ? text.text : "");
	strbuf_add_char(out, '\n');
	strbuf_fini(&text);
}

/* One line each: the mark in the colour of its severity. */
static void draw_notes(const struct board *b, unsigned width, unsigned count, struct strbuf *out)
{
	struct strbuf line = {0};

	for (unsigned i = count; i-- > 0;) {
		const struct board_note *note = &b->note[i];

		strbuf_clear(&line);
		if (note->text)
			term_add_cut(&line, note->text, width, width - 1);
		paint(b, out,
			!note->text                    ? PAINT_NONE
			: note->severity == SEVERITIES ? PAINT_HEADER
						       : term_severity_paint(severity_words[note->severity]),
			note->text ? line.text : "");
		strbuf_add_char(out, '\n');
	}
	strbuf_fini(&line);
}

/* A tall screen has room for more of them. */
static unsigned notes_of(unsigned height)
{
	unsigned count = 1 + (height > 24 ? (height - 24) / 6 : 0);

	return count < BOARD_NOTES ? count : BOARD_NOTES;
}

/* Keeps the first `lines` lines. */
static void keep_lines(struct strbuf *out, size_t from, unsigned lines)
{
	char *at = out->text + from;

	while (lines-- && (at = strchr(at, '\n')))
		at++;
	if (at) {
		*at = '\0';
		out->length = (size_t)(at - out->text);
	}
}

unsigned board_draw(struct board *b, unsigned width, unsigned height, struct strbuf *out)
{
	size_t from = out->length;
	unsigned notes = notes_of(height), marked = height;

	draw_head(b, width, out);
	draw_states(b, width, out);
	draw_rates(b, width, out);
	if (height < TABLE_LEAST) {
		for (unsigned i = HEAD_LINES; i < height; i++)
			strbuf_add_char(out, '\n');
		keep_lines(out, from, height);
		return height;
	}
	/* around the table: the choice, its heading, the keys, and the notes with a line above them */
	unsigned room = height - HEAD_LINES - 4 - notes;
	if (b->text) {
		strbuf_add_char(out, '\n');
		draw_text(b, room + 1, out);
	} else {
		struct strbuf table = {0};
		unsigned chosen = draw_table(b, width, room, &table);

		draw_choice(b, out);
		strbuf_add(out, table.text);
		strbuf_fini(&table);
		marked = chosen < room ? HEAD_LINES + 2 + chosen : height;
	}
	strbuf_add_char(out, '\n');
	draw_notes(b, width, notes, out);
	draw_keys(b, width, out);
	return marked;
}
