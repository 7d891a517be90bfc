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

/* Below this many columns an endpoint says nothing any more. */
enum { ENDPOINT_LEAST = 14 };

static const struct grid_column columns[CELLS] = {
	[CELL_ID] = {.terminal = "ID", .pipe = "ID", .right = true},
	[CELL_START] = {.terminal = "START", .pipe = "START", .is_time = true, .leaves = 1},
	[CELL_INITIATOR] = {"INITIATOR", "INITIATOR", .cut = CUT_ENDPOINT, .least = ENDPOINT_LEAST},
	[CELL_RESPONDER] = {"RESPONDER", "RESPONDER", .cut = CUT_ENDPOINT, .least = ENDPOINT_LEAST},
	[CELL_STATES] = {.terminal = "STATES", .pipe = "STATES", .breaks = true},
	[CELL_OUTCOME] = {.terminal = "OUTCOME", .pipe = "OUTCOME"},
	[CELL_BYTES] = {.terminal = "I/R BYTES", .pipe = "I/R BYTES", .right = true, .leaves = 3},
	[CELL_RTT] = {.terminal = "RTT", .pipe = "RTT ms", .right = true, .leaves = 2},
	[CELL_MARK] = {.terminal = "!", .pipe = "ANOMALIES"},
};

struct table {
	FILE *out;
	struct grid_style style;
	struct grid *grid;
	struct strbuf text;
};

struct table *table_open(FILE *out, const struct grid_style *style)
{
	struct table *table = mem_new(1, sizeof *table);

	table->out = out;
	table->style = *style;
	table->grid = grid_open(out, style, columns, CELLS);
	return table;
}

/* --- cells --------------------------------------------------------------------------------------- */

static void end_cell(struct table *t)
{
	grid_cell(t->grid, t->text.text);
	strbuf_clear(&t->text);
}

static void add_endpoint(struct table *t, const struct conn_record *r, enum side side)
{
	char ip[ADDR_TEXT];
	bool v4 = addr_is_v4(&r->ip[side]);

	strbuf_addf(&t->text, v4 ? "%s:%lld" : "[%s]:%lld", addr_print(&r->ip[side], ip), (long long)r->port[side]);
	end_cell(t);
}

static enum basis basis_of(const char *word)
{
	for (int i = 0; i < BASES; i++)
		if (word && !strcmp(word, basis_words[i]))
			return (enum basis)i;
	return BASIS_PRESUMED;
}

static void add_state(struct table *t, const struct conn_record *r, enum side side)
{
	enum tcp_state state = r->state[side] ? state_from_word(r->state[side]) : TCP_UNKNOWN;
	enum basis basis = basis_of(r->state_basis[side]);
	char mark[2] = {basis_marks[basis], '\0'};

	if (state == TCP_UNKNOWN) {
		strbuf_add_char(&t->text, '-');
		return;
	}
	if (t->style.color)
		strbuf_add(&t->text, term_begin(PAINT_STATE, state, basis));
	strbuf_add(&t->text, t->style.width ? state_words[state].short_name : state_words[state].name);
	strbuf_add(&t->text, mark);
	if (t->style.color)
		strbuf_add(&t->text, term_end);
}

static void add_bytes(struct table *t, const struct conn_record *r)
{
	char sent[2][UNITS_TEXT];

	if (t->style.width)
		strbuf_addf(&t->text, "%s/%s", units_count(r->bytes[INITIATOR], sent[0]),
			units_count(r->bytes[RESPONDER], sent[1]));
	else
		strbuf_addf(&t->text, "%lld/%lld", (long long)r->bytes[INITIATOR], (long long)r->bytes[RESPONDER]);
	end_cell(t);
}

static void add_rtt(struct table *t, const struct conn_record *r)
{
	if (r->syn_rtt_us == CLOCK_NONE || r->ack_rtt_us == CLOCK_NONE)
		strbuf_add_char(&t->text, '-');
	else
		strbuf_addf(&t->text, "%.*f", t->style.width ? 1 : 3, (double)(r->syn_rtt_us + r->ack_rtt_us) / 1000);
	end_cell(t);
}

static void add_start(struct table *t, const struct conn_record *r)
{
	char when[CLOCK_TEXT];

	if (t->style.width)
		strbuf_add(&t->text, term_time(r->first_ns, 0, when));
	else
		strbuf_add(&t->text, clock_print(r->first_ns, 9, when));
	end_cell(t);
}

/* The worst severity and how many; in a pipe their codes. */
static void add_mark(struct table *t, const struct conn_record *r, const char *codes)
{
	bool any = r->anomalies > 0 && r->worst_severity;

	if (!t->style.width) {
		strbuf_add_safe(&t->text, codes ? codes : "-");
	} else if (any) {
		strbuf_add(&t->text,
			t->style.color ? term_begin(term_severity_paint(r->worst_severity), TCP_UNKNOWN, BASIS_PROVED)
				       : "");
		strbuf_add_char(&t->text, r->worst_severity[0]);
		if (r->anomalies > 1)
			strbuf_add_int(&t->text, r->anomalies);
		strbuf_add(&t->text, t->style.color ? term_end : "");
	}
	end_cell(t);
}

void table_record(struct table *t, const struct conn_record *r, const char *codes)
{
	strbuf_add_int(&t->text, r->id);
	end_cell(t);
	add_start(t, r);
	add_endpoint(t, r, INITIATOR);
	add_endpoint(t, r, RESPONDER);
	add_state(t, r, INITIATOR);
	strbuf_add_char(&t->text, '/');
	add_state(t, r, RESPONDER);
	end_cell(t);
	strbuf_add_safe(&t->text, r->outcome ? r->outcome : "-");
	end_cell(t);
	add_bytes(t, r);
	add_rtt(t, r);
	add_mark(t, r, codes);
	grid_row(t->grid);
}

/* --- below it ------------------------------------------------------------------------------------- */

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
	unsigned so_far = 0;

	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		unsigned own = term_columns(notes[i].text);

		if (!grid_shows(t->grid, notes[i].cell))
			continue;
		if (so_far && so_far + 3 + own > t->style.width) {
			strbuf_add_char(&t->text, '\n');
			so_far = 0;
		} else if (so_far) {
			strbuf_add(&t->text, "   ");
			so_far += 3;
		}
		strbuf_add(&t->text, notes[i].text);
		so_far += own;
	}
	if (t->style.color)
		fputs(term_begin(PAINT_DIM, TCP_UNKNOWN, BASIS_PROVED), t->out);
	strbuf_flush(&t->text, t->out);
	fprintf(t->out, "%s\n", t->style.color ? term_end : "");
}

long table_close(struct table *t)
{
	long printed = grid_finish(t->grid);

	if (t->style.width && printed)
		print_footnote(t);
	grid_free(t->grid);
	strbuf_fini(&t->text);
	free(t);
	return printed;
}
