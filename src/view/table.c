/* table: see table.h. */
#include "view/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "view/term.h"
#include "view/units.h"

enum cell {
	CELL_ID,
	CELL_START,
	CELL_INITIATOR,
	CELL_RESPONDER,
	CELL_STATES,
	CELL_OUTCOME,
	CELL_BYTES,
	CELL_RTT,
	CELL_MARK,
	CELLS
};

static const struct {
	const char *terminal, *pipe; /* headings */
	bool right;                  /* numbers, on a terminal; a pipe's cells are all to the left */
} headings[CELLS] = {
	[CELL_ID] = {"ID", "ID", true},
	[CELL_START] = {"START", "START", false},
	[CELL_INITIATOR] = {"INITIATOR", "INITIATOR", false},
	[CELL_RESPONDER] = {"RESPONDER", "RESPONDER", false},
	[CELL_STATES] = {"STATES", "STATES", false},
	[CELL_OUTCOME] = {"OUTCOME", "OUTCOME", false},
	[CELL_BYTES] = {"I/R BYTES", "I/R BYTES", true},
	[CELL_RTT] = {"RTT", "RTT ms", true},
	[CELL_MARK] = {"!", "ANOMALIES", false},
};

struct row {
	char *cell[CELLS];
	enum tcp_state state[SIDES];
	enum basis basis[SIDES];
};

struct table {
	FILE *out;
	struct table_style style;
	struct row *rows; /* of the sample, until the widths are known */
	int count;
	long printed;
	bool begun;
	bool shown[CELLS];
	bool two_lines; /* one connection does not fit in one: its states and outcome stand below it */
	unsigned width[CELLS];
	struct strbuf line, text;
};

struct table *table_open(FILE *out, const struct table_style *style)
{
	struct table *table = mem_new(1, sizeof *table);

	table->out = out;
	table->style = *style;
	table->rows = mem_new(TABLE_SAMPLE, sizeof *table->rows);
	return table;
}

/* --- cells --------------------------------------------------------------------------------------- */

static char *take_text(struct strbuf *text)
{
	char *copy = mem_copy(text->length ? text->text : "");

	strbuf_clear(text);
	return copy;
}

static char *endpoint_cell(struct strbuf *text, const struct conn_record *r, enum side side)
{
	char ip[ADDR_TEXT];
	bool v4 = addr_is_v4(&r->ip[side]);

	strbuf_addf(text, v4 ? "%s:%lld" : "[%s]:%lld", addr_print(&r->ip[side], ip), (long long)r->port[side]);
	return take_text(text);
}

static enum basis basis_of(const char *word)
{
	for (int i = 0; i < BASES; i++)
		if (word && !strcmp(word, basis_words[i]))
			return (enum basis)i;
	return BASIS_PRESUMED;
}

static void add_state(const struct table *t, struct strbuf *text, const struct row *row, int side)
{
	enum tcp_state state = row->state[side];
	char mark[2] = {basis_marks[row->basis[side]], '\0'};

	if (state == TCP_UNKNOWN) {
		strbuf_add_char(text, '-');
		return;
	}
	strbuf_add(text, t->style.width ? state_words[state].short_name : state_words[state].name);
	strbuf_add(text, mark);
}

static char *bytes_cell(const struct table *t, struct strbuf *text, const struct conn_record *r)
{
	char sent[2][UNITS_TEXT];

	if (t->style.width)
		strbuf_addf(text, "%s/%s", units_count(r->bytes[INITIATOR], sent[0]),
			units_count(r->bytes[RESPONDER], sent[1]));
	else
		strbuf_addf(text, "%lld/%lld", (long long)r->bytes[INITIATOR], (long long)r->bytes[RESPONDER]);
	return take_text(text);
}

static char *rtt_cell(const struct table *t, struct strbuf *text, const struct conn_record *r)
{
	if (r->syn_rtt_us == CLOCK_NONE || r->ack_rtt_us == CLOCK_NONE)
		strbuf_add_char(text, '-');
	else
		strbuf_addf(text, "%.*f", t->style.width ? 1 : 3, (double)(r->syn_rtt_us + r->ack_rtt_us) / 1000);
	return take_text(text);
}

static char *start_cell(const struct table *t, struct strbuf *text, const struct conn_record *r)
{
	char when[CLOCK_TEXT];

	clock_print(r->first_ns, t->style.width ? 0 : 9, when);
	if (t->style.width && strlen(when) == 20)
		strbuf_add_n(text, when + 11, 8);
	else
		strbuf_add(text, when);
	return take_text(text);
}

static char *mark_cell(const struct table *t, struct strbuf *text, const struct conn_record *r)
{
	if (!r->anomalies || r->anomalies == CLOCK_NONE || !r->worst_severity)
		strbuf_add(text, t->style.width ? "" : "-");
	else if (r->anomalies == 1)
		strbuf_add_char(text, r->worst_severity[0]);
	else
		strbuf_addf(text, "%c%lld", r->worst_severity[0], (long long)r->anomalies);
	return take_text(text);
}

static void make_row(struct table *t, const struct conn_record *r, struct row *row)
{
	for (int side = 0; side < SIDES; side++) {
		row->state[side] = r->state[side] ? state_from_word(r->state[side]) : TCP_UNKNOWN;
		row->basis[side] = basis_of(r->state_basis[side]);
	}
	strbuf_add_int(&t->text, r->id);
	row->cell[CELL_ID] = take_text(&t->text);
	row->cell[CELL_START] = start_cell(t, &t->text, r);
	row->cell[CELL_INITIATOR] = endpoint_cell(&t->text, r, INITIATOR);
	row->cell[CELL_RESPONDER] = endpoint_cell(&t->text, r, RESPONDER);
	add_state(t, &t->text, row, INITIATOR);
	strbuf_add_char(&t->text, '/');
	add_state(t, &t->text, row, RESPONDER);
	row->cell[CELL_STATES] = take_text(&t->text);
	strbuf_add_safe(&t->text, r->outcome ? r->outcome : "-");
	row->cell[CELL_OUTCOME] = take_text(&t->text);
	row->cell[CELL_BYTES] = bytes_cell(t, &t->text, r);
	row->cell[CELL_RTT] = rtt_cell(t, &t->text, r);
	row->cell[CELL_MARK] = mark_cell(t, &t->text, r);
}

static void free_row(struct row *row)
{
	for (int i = 0; i < CELLS; i++)
		free(row->cell[i]);
}

/* --- layout -------------------------------------------------------------------------------------- */

/* Columns that the cells before `end` take. */
static unsigned width_before(const struct table *t, int end)
{
	unsigned sum = 0;

	for (int i = 0; i < end; i++)
		if (t->shown[i])
			sum += t->width[i] + (sum ? 2 : 0);
	return sum;
}

/* Of the widest line. */
static unsigned total_width(const struct table *t)
{
	return width_before(t, t->two_lines ? CELL_STATES : CELLS);
}

static const char *heading(const struct table *t, int cell)
{
	return t->style.width ? headings[cell].terminal : headings[cell].pipe;
}

/* Below this many columns an endpoint says nothing any more. */
enum { ENDPOINT_LEAST = 14 };

/* Takes what is too much from the endpoints, the wider one first. */
static void narrow_endpoints(struct table *t)
{
	unsigned *i = &t->width[CELL_INITIATOR], *r = &t->width[CELL_RESPONDER];

	while (total_width(t) > t->style.width && (*i > ENDPOINT_LEAST || *r > ENDPOINT_LEAST))
		--*(*i >= *r ? i : r);
}

/* What gives way when columns run short: endpoints are cut, then START, RTT and I/R BYTES go, then a connection takes
 * two lines. */
static void lay_out(struct table *t)
{
	static const enum cell give_way[] = {CELL_START, CELL_RTT, CELL_BYTES};
	unsigned natural[2];

	for (int i = 0; i < CELLS; i++) {
		t->shown[i] = true;
		t->width[i] = term_columns(heading(t, i));
		for (int row = 0; row < t->count; row++) {
			unsigned columns = term_columns(t->rows[row].cell[i]);
			if (columns > t->width[i])
				t->width[i] = columns;
		}
	}
	if (!t->style.width)
		return;
	natural[0] = t->width[CELL_INITIATOR];
	natural[1] = t->width[CELL_RESPONDER];
	narrow_endpoints(t);
	for (size_t i = 0; i < sizeof give_way / sizeof *give_way && total_width(t) > t->style.width; i++) {
		t->shown[give_way[i]] = false;
		t->width[CELL_INITIATOR] = natural[0];
		t->width[CELL_RESPONDER] = natural[1];
		narrow_endpoints(t);
	}
	t->two_lines = total_width(t) > t->style.width;
	if (t->two_lines) {
		t->width[CELL_INITIATOR] = natural[0];
		t->width[CELL_RESPONDER] = natural[1];
		narrow_endpoints(t);
	}
}

static void add_padding(struct strbuf *line, unsigned columns)
{
	while (columns--)
		strbuf_add_char(line, ' ');
}

static void trim(struct strbuf *line)
{
	while (line->length && line->text[line->length - 1] == ' ')
		line->text[--line->length] = '\0';
}

/* The endpoint cut so that its port stays whole: the ellipsis stands before the colon. */
static void add_endpoint(struct table *t, const char *cell, unsigned width)
{
	unsigned port = (unsigned)strlen(strrchr(cell, ':'));
	bool v6 = *cell == '[';

	if (v6)
		port++; /* the bracket too */
	term_add_cut(&t->line, cell, width, width > port + 1 ? width - port - 1 : 1);
}

static void add_states_painted(struct table *t, const struct row *row)
{
	for (int side = 0; side < SIDES; side++) {
		if (side)
			strbuf_add_char(&t->line, '/');
		strbuf_add(&t->line, term_begin(PAINT_STATE, row->state[side], row->basis[side]));
		add_state(t, &t->line, row, side);
		strbuf_add(&t->line, term_end);
	}
}

static enum term_paint mark_paint(const char *mark)
{
	switch (*mark) {
	case 'a':
		return PAINT_ALERT;
	case 'w':
		return PAINT_WARNING;
	case 'n':
		return PAINT_NOTICE;
	default:
		return PAINT_NONE;
	}
}

static void add_cell(struct table *t, const struct row *row, int i)
{
	const char *cell = row->cell[i];

	if (i == CELL_INITIATOR || i == CELL_RESPONDER)
		add_endpoint(t, cell, t->width[i]);
	else if (i == CELL_STATES && t->style.color)
		add_states_painted(t, row);
	else if (i == CELL_MARK && t->style.color && *cell && mark_paint(cell) != PAINT_NONE)
		strbuf_addf(
			&t->line, "%s%s%s", term_begin(mark_paint(cell), TCP_UNKNOWN, BASIS_PROVED), cell, term_end);
	else
		strbuf_add(&t->line, cell);
}

/* One line of cells, or two; row: NULL for the headings. */
static void print_cells(struct table *t, const struct row *row)
{
	bool first = true;

	for (int i = 0; i < CELLS; i++) {
		if (!t->shown[i])
			continue;
		const char *text = row ? row->cell[i] : heading(t, i);
		bool right = headings[i].right && t->style.width, endpoint = i == CELL_INITIATOR || i == CELL_RESPONDER;
		unsigned own = term_columns(text);
		if (endpoint && t->style.width && own > t->width[i])
			own = t->width[i]; /* it will be cut */
		unsigned padding = own < t->width[i] ? t->width[i] - own : 0;

		if (t->two_lines && i == CELL_STATES) {
			trim(&t->line);
			strbuf_add(&t->line, "\n    ");
		} else if (!first) {
			strbuf_add(&t->line, "  ");
		}
		first = false;
		add_padding(&t->line, right ? padding : 0);
		if (row)
			add_cell(t, row, i);
		else
			strbuf_add(&t->line, text);
		add_padding(&t->line, right ? 0 : padding);
	}
	trim(&t->line);
}

static void print_row(struct table *t, const struct row *row)
{
	print_cells(t, row);
	strbuf_add_char(&t->line, '\n');
	strbuf_flush(&t->line, t->out);
	t->printed++;
}

static void print_heading(struct table *t)
{
	if (t->style.color)
		fputs(term_begin(PAINT_HEADER, TCP_UNKNOWN, BASIS_PROVED), t->out);
	print_cells(t, NULL);
	strbuf_flush(&t->line, t->out);
	fprintf(t->out, "%s\n", t->style.color ? term_end : "");
}

static void begin(struct table *t)
{
	if (t->begun || !t->count)
		return;
	t->begun = true;
	lay_out(t);
	print_heading(t);
	for (int i = 0; i < t->count; i++) {
		print_row(t, &t->rows[i]);
		free_row(&t->rows[i]);
	}
	t->count = 0;
}

void table_record(struct table *t, const struct conn_record *record)
{
	struct row row;

	if (!t->begun) {
		make_row(t, record, &t->rows[t->count++]);
		if (t->count == TABLE_SAMPLE)
			begin(t);
		return;
	}
	make_row(t, record, &row);
	print_row(t, &row);
	free_row(&row);
}

/* What the marks mean, of the columns that are shown; as many lines as it takes. */
static void print_footnote(struct table *t)
{
	static const struct {
		enum cell cell;
		const char *text;
	} notes[] = {
		{CELL_STATES, "states: ? presumed, * by timer, else proved"},
		{CELL_RTT, "RTT in ms"},
		{CELL_MARK, "! worst severity (i n w a) and how many"},
	};
	unsigned columns = 0;

	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		unsigned own = term_columns(notes[i].text);

		if (!t->shown[notes[i].cell])
			continue;
		if (columns && columns + 3 + own > t->style.width) {
			strbuf_add_char(&t->line, '\n');
			columns = 0;
		} else if (columns) {
			strbuf_add(&t->line, "   ");
			columns += 3;
		}
		strbuf_add(&t->line, notes[i].text);
		columns += own;
	}
	if (t->style.color)
		fputs(term_begin(PAINT_DIM, TCP_UNKNOWN, BASIS_PROVED), t->out);
	strbuf_flush(&t->line, t->out);
	fprintf(t->out, "%s\n", t->style.color ? term_end : "");
}

long table_close(struct table *t)
{
	begin(t);
	if (t->style.width && t->begun)
		print_footnote(t);
	long printed = t->printed;
	strbuf_fini(&t->line);
	strbuf_fini(&t->text);
	free(t->rows);
	free(t);
	return printed;
}
