/* answer: see answer.h. */
#include "view/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/moment.h"
#include "view/term.h"
#include "view/units.h"

/* Columns: of a paragraph, of the words at the end of a row, which say what the numbers mean, and of an endpoint at its
 * beginning. */
enum { PROSE_MOST = 100, WORDS_LEAST = 48, KEY_LEAST = 18 };

struct answer_table {
	FILE *out;
	struct grid_style style;
	const struct answer_column *columns;
	unsigned count;
	struct answer_texts texts;
	struct grid_column drawn[GRID_COLUMNS];
	unsigned column_of[GRID_COLUMNS]; /* by column of the grid */
	struct strbuf headings[GRID_COLUMNS];
	unsigned drawn_count;
	struct grid *grid;
	char *first[ANSWER_COLUMNS]; /* the first row, as the texts below the table say it; NULL: no value */
	long rows;
	bool has_marks, has_later; /* of states */
	struct strbuf text;
};

/* --- columns --------------------------------------------------------------------------------------- */

/* How a kind is drawn.  unit: behind the heading, in a pipe. */
static const struct {
	bool hidden, right, is_time;
	enum grid_cut cut;
	unsigned least;
	const char *unit;
} kinds[] = {
	[ANSWER_TEXT] = {.cut = CUT_END, .least = 20, .unit = ""},
	[ANSWER_NUMBER] = {.right = true, .unit = ""},
	[ANSWER_REAL] = {.right = true, .unit = ""},
	[ANSWER_ID] = {.right = true, .unit = ""},
	[ANSWER_BYTES] = {.right = true, .unit = " B"},
	[ANSWER_SPAN] = {.right = true, .unit = " s"},
	[ANSWER_TIME] = {.is_time = true, .unit = ""},
	[ANSWER_PERCENT] = {.right = true, .unit = " %"},
	[ANSWER_ENDPOINT] = {.cut = CUT_ENDPOINT, .least = 14, .unit = ""},
	[ANSWER_SEVERITY] = {.unit = ""},
	[ANSWER_STATE] = {.unit = ""},
	[ANSWER_BASIS] = {.hidden = true, .unit = ""},
	[ANSWER_HIDDEN] = {.hidden = true, .unit = ""},
};

static void plan_columns(struct answer_table *t)
{
	for (unsigned i = 0; i < t->count && t->drawn_count < GRID_COLUMNS; i++) {
		const struct answer_column *column = &t->columns[i];
		struct strbuf *heading = &t->headings[t->drawn_count];

		if (kinds[column->kind].hidden)
			continue;
		strbuf_addf(heading, "%s%s", column->heading, kinds[column->kind].unit);
		t->column_of[t->drawn_count] = i;
		t->drawn[t->drawn_count++] = (struct grid_column){
			.terminal = column->heading,
			.pipe = heading->text,
			.right = kinds[column->kind].right,
			.is_time = kinds[column->kind].is_time,
			.cut = kinds[column->kind].cut,
			.least = kinds[column->kind].least,
			.leaves = column->leaves,
		};
	}
	/* what is too wide all the same goes on in a second line, with the words at the end if there are some */
	unsigned last = t->drawn_count - 1;
	bool words = t->columns[t->column_of[last]].kind == ANSWER_TEXT;
	t->drawn[words ? last : (last + 1) / 2].breaks = last > 0;
	if (words)
		t->drawn[last].least = WORDS_LEAST;
	/* whom a row is about */
	if (t->drawn[0].cut == CUT_ENDPOINT)
		t->drawn[0].least = KEY_LEAST;
}

struct answer_table *answer_table_open(FILE *out, const struct grid_style *style, const struct answer_column *columns,
	unsigned count, const struct answer_texts *texts)
{
	struct answer_table *t = mem_new(1, sizeof *t);

	t->out = out;
	t->style = *style;
	t->columns = columns;
	t->count = count;
	t->texts = *texts;
	plan_columns(t);
	t->grid = grid_open(out, style, t->drawn, t->drawn_count);
	return t;
}

/* --- cells ----------------------------------------------------------------------------------------- */

static int64_t nanoseconds(int64_t us)
{
	return us > INT64_MAX / NS_PER_US ? INT64_MAX : us * NS_PER_US;
}

/* In a pipe: every digit, and no unit. */
static void add_plain_number(struct strbuf *text, enum answer_kind kind, int64_t number)
{
	char shown[CLOCK_TEXT];

	if (kind == ANSWER_TIME)
		strbuf_add(text, clock_print(number, 9, shown));
	else if (kind == ANSWER_SPAN)
		strbuf_addf(text, "%lld.%06lld", (long long)(number / 1000000), (long long)llabs(number % 1000000));
	else
		strbuf_add_int(text, number);
}

static void add_number(struct strbuf *text, enum answer_kind kind, int64_t number)
{
	char shown[CLOCK_TEXT], sum[UNITS_TEXT];

	if (kind == ANSWER_TIME)
		strbuf_add(text, term_time(number, 0, shown));
	else if (kind == ANSWER_SPAN)
		strbuf_add(text, clock_print_span(nanoseconds(number), shown));
	else if (kind == ANSWER_BYTES)
		strbuf_add(text, units_bytes(number, sum));
	else
		strbuf_add_int(text, number);
}

static void add_value(struct answer_table *t, enum answer_kind kind, const struct answer_value *value)
{
	switch (value->is) {
	case ANSWER_IS_NONE:
		strbuf_add_char(&t->text, '-');
		break;
	case ANSWER_IS_NUMBER:
		(t->style.width ? add_number : add_plain_number)(&t->text, kind, value->number);
		strbuf_add(&t->text, kind == ANSWER_PERCENT && t->style.width ? " %" : "");
		break;
	case ANSWER_IS_REAL:
		strbuf_addf(&t->text, "%.*f%s", kind == ANSWER_PERCENT ? 1 : 2, value->real,
			kind == ANSWER_PERCENT && t->style.width ? " %" : "");
		break;
	case ANSWER_IS_TEXT:
		strbuf_add_safe(&t->text, value->text);
		break;
	}
}

static void add_painted(struct answer_table *t, const char *paint, const char *word)
{
	strbuf_add(&t->text, t->style.color ? paint : "");
	strbuf_add_safe(&t->text, word);
	strbuf_add(&t->text, t->style.color && *paint ? term_end : "");
}

/* A mark and a word on a terminal; in a pipe the word alone. */
static void add_severity(struct answer_table *t, const char *word)
{
	struct strbuf marked = {0};

	if (t->style.width)
		strbuf_addf(&marked, "%s ", term_severity_mark(word));
	strbuf_add(&marked, word);
	add_painted(t, term_begin(term_severity_paint(word), TCP_UNKNOWN, BASIS_PROVED), marked.text);
	strbuf_fini(&marked);
}

/* The state with the mark of its basis, which is the next value. */
static void add_state(struct answer_table *t, const struct answer_value *state, const struct answer_value *known)
{
	enum basis basis = BASIS_PROVED;
	bool has_basis = known && known->is == ANSWER_IS_TEXT;
	bool later = has_basis && !strcmp(known->text, moment_proved_later);
	struct strbuf marked = {0};

	for (int i = 0; has_basis && i < BASES; i++)
		if (!strcmp(known->text, basis_words[i]))
			basis = (enum basis)i;
	if (later)
		basis = BASIS_PRESUMED;
	t->has_later |= later;
	t->has_marks |= basis != BASIS_PROVED;
	strbuf_add(&marked, state->text);
	if (basis_marks[basis])
		strbuf_add_char(&marked, later ? '+' : basis_marks[basis]);
	add_painted(t, term_begin(PAINT_STATE, state_from_word(state->text), basis), marked.text);
	strbuf_fini(&marked);
}

static void add_cell(struct answer_table *t, unsigned column, const struct answer_value *values)
{
	const struct answer_value *value = &values[column], *next = column + 1 < t->count ? value + 1 : NULL;
	enum answer_kind kind = t->columns[column].kind;
	bool has_basis = next && t->columns[column + 1].kind == ANSWER_BASIS;

	if (value->is != ANSWER_IS_TEXT || (kind != ANSWER_SEVERITY && kind != ANSWER_STATE))
		add_value(t, kind, value);
	else if (kind == ANSWER_SEVERITY)
		add_severity(t, value->text);
	else
		add_state(t, value, has_basis ? next : NULL);
}

/* What the texts below the table say of the first row. */
static void keep_first(struct answer_table *t, const struct answer_value *values)
{
	for (unsigned i = 0; i < t->count; i++) {
		if (values[i].is == ANSWER_IS_NONE)
			continue;
		if (values[i].is == ANSWER_IS_TEXT)
			strbuf_add(&t->text, values[i].text);
		else
			add_value(t, t->columns[i].kind, &values[i]);
		t->first[i] = mem_copy(t->text.text);
		strbuf_clear(&t->text);
	}
}

void answer_table_row(struct answer_table *t, const struct answer_value *values)
{
	if (!t->rows++) {
		keep_first(t, values);
		if (t->style.width && t->texts.title)
			fprintf(t->out, "%s\n\n", t->texts.title);
	}
	for (unsigned i = 0; i < t->drawn_count; i++) {
		add_cell(t, t->column_of[i], values);
		grid_cell(t->grid, t->text.text);
		strbuf_clear(&t->text);
	}
	grid_row(t->grid);
}

/* --- below it -------------------------------------------------------------------------------------- */

/* The value of the first row that {NAME} stands for; false when there is none. */
static bool find_first(const struct answer_table *t, const char *name, size_t length, const char **value)
{
	for (unsigned i = 0; i < t->count; i++)
		if (!strncmp(t->columns[i].name, name, length) && !t->columns[i].name[length]) {
			*value = t->first[i];
			return true;
		}
	return false;
}

/* One line of the texts with the values of the first row in it, safe for a terminal.  False when one is not there. */
static bool fill_line(const struct answer_table *t, const char *text, size_t length, bool command, struct strbuf *line)
{
	struct strbuf filled = {0};
	const char *value, *close, *end = text + length;
	bool whole = true;

	while (text < end && whole) {
		size_t plain = strcspn(text, "{");

		plain = plain < (size_t)(end - text) ? plain : (size_t)(end - text);
		strbuf_add_n(&filled, text, plain);
		text += plain;
		if (text == end)
			break;
		close = strchr(text, '}');
		if (!close || !find_first(t, text + 1, (size_t)(close - text - 1), &value)) {
			strbuf_add_char(&filled, *text++);
			continue;
		}
		whole = value != NULL;
		if (whole && command)
			strbuf_add_shell(&filled, value);
		else if (whole)
			strbuf_add(&filled, value);
		text = close + 1;
	}
	if (whole && filled.text)
		strbuf_add_safe(line, filled.text);
	strbuf_fini(&filled);
	return whole;
}

static void print_prose(const struct answer_table *t, const char *text)
{
	unsigned width = t->style.width < PROSE_MOST ? t->style.width : PROSE_MOST;
	struct strbuf line = {0}, wrapped = {0};

	while (text && *text) {
		size_t length = strcspn(text, "\n");

		if (fill_line(t, text, length, false, &line) && line.text)
			term_add_wrapped(&wrapped, line.text, 0, 0, width);
		strbuf_clear(&line);
		text += length + (text[length] == '\n');
	}
	strbuf_flush(&wrapped, t->out);
	strbuf_fini(&wrapped);
	strbuf_fini(&line);
}

static void print_commands(const struct answer_table *t, const char *text)
{
	struct strbuf line = {0};
	bool begun = false;

	while (text && *text) {
		size_t length = strcspn(text, "\n");

		if (fill_line(t, text, length, true, &line) && line.text) {
			fprintf(t->out, "%s%s\n", begun ? "      " : "More: ", line.text);
			begun = true;
		}
		strbuf_clear(&line);
		text += length + (text[length] == '\n');
	}
	strbuf_fini(&line);
}

static void print_below(const struct answer_table *t)
{
	fputs("\n", t->out);
	if (t->has_marks)
		print_prose(t, t->has_later
				       ? "states: ? presumed, + presumed then and proved since, * by timer, else proved"
				       : "states: ? presumed, * by timer, else proved");
	print_prose(t, t->texts.note);
	print_prose(t, t->texts.next);
	print_commands(t, t->texts.more);
}

long answer_table_close(struct answer_table *t)
{
	long rows = t->rows;

	grid_finish(t->grid);
	if (rows && t->style.width && (t->has_marks || t->texts.note || t->texts.next || t->texts.more))
		print_below(t);
	grid_free(t->grid);
	for (unsigned i = 0; i < t->count; i++)
		free(t->first[i]);
	for (unsigned i = 0; i < t->drawn_count; i++)
		strbuf_fini(&t->headings[i]);
	strbuf_fini(&t->text);
	free(t);
	return rows;
}
