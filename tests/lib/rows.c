/* rows: see rows.h. */
#include "tests/lib/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { WORD_MOST = 64 };

static struct row *rows_more(struct rows *rows)
{
	rows->row = mem_grow(rows->row, (rows->count + 1) * sizeof *rows->row);
	memset(&rows->row[rows->count], 0, sizeof *rows->row);
	return &rows->row[rows->count++];
}

static void row_clear(struct row *row)
{
	for (int i = 0; i < RECORD_COLUMNS; i++)
		free(row->column[i]);
	strbuf_fini(&row->anomalies);
}

void rows_fini(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		row_clear(&rows->row[i]);
	free(rows->row);
	strbuf_fini(&rows->anomalies);
	*rows = (struct rows){0};
}

/* --- from a record ------------------------------------------------------------------------------- */

void rows_add_record(struct rows *rows, const struct conn_record *record)
{
	struct row *row = rows_more(rows);
	struct record_value value;
	char number[40];

	for (int i = 0; i < RECORD_COLUMNS; i++) {
		enum record_kind kind = record_columns[i].kind;

		if (!record_value(record, i, &value))
			continue;
		if (kind == RECORD_INT || kind == RECORD_FLAG)
			snprintf(number, sizeof number, "%lld", (long long)value.number);
		else if (kind == RECORD_REAL)
			snprintf(number, sizeof number, "%g", value.real);
		row->column[i] = mem_copy(
			kind == RECORD_INT || kind == RECORD_FLAG || kind == RECORD_REAL ? number : value.text);
	}
}

/* --- from JSON ----------------------------------------------------------------------------------- */

static void skip_space(const char **at)
{
	*at += strspn(*at, " \t\r\n");
}

/* A string, unescaped as far as our values need it. */
static bool take_string(const char **at, struct strbuf *text)
{
	const char *p = *at;

	strbuf_clear(text);
	strbuf_add(text, "");
	if (*p++ != '"')
		return false;
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && !*++p)
			return false;
		strbuf_add_char(text, *p);
	}
	*at = p + 1;
	return *p == '"';
}

/* A value as text; *null when there is none.  An array stands as it is written. */
static bool take_value(const char **at, struct strbuf *text, bool *null)
{
	const char *p = *at;
	int depth = 0;

	*null = false;
	if (*p == '"')
		return take_string(at, text);
	strbuf_clear(text);
	strbuf_add(text, "");
	for (; *p && (depth || !strchr(",} \t\r\n", *p)); p++) {
		depth += (*p == '[' || *p == '{') - (*p == ']' || (*p == '}' && depth));
		strbuf_add_char(text, *p);
	}
	*at = p;
	*null = !strcmp(text->text, "null");
	if (!strcmp(text->text, "true") || !strcmp(text->text, "false")) {
		bool yes = text->text[0] == 't';
		strbuf_clear(text);
		strbuf_add(text, yes ? "1" : "0");
	}
	return text->length && !depth;
}

bool rows_add_json(struct rows *rows, const char *line)
{
	struct strbuf name = {0}, value = {0};
	struct row *row = rows_more(rows);
	bool good = true, null;

	skip_space(&line);
	if (*line++ != '{')
		good = false;
	for (skip_space(&line); good && *line && *line != '}'; skip_space(&line)) {
		good = take_string(&line, &name);
		skip_space(&line);
		good = good && *line++ == ':';
		skip_space(&line);
		good = good && take_value(&line, &value, &null);
		skip_space(&line);
		if (good && *line == ',')
			line++;
		int column = good ? record_column_find(name.text) : -1;
		if (column >= 0 && !null && !row->column[column])
			row->column[column] = mem_copy(value.text);
	}
	good = good && *line == '}';
	strbuf_fini(&name);
	strbuf_fini(&value);
	return good;
}

/* --- anomalies ------------------------------------------------------------------------------------ */

static void add_anomaly(struct rows *rows, const char *id, const char *code, const char *side, const char *confidence,
	const char *severity, const char *count, bool withdrawn)
{
	struct strbuf *text = &rows->anomalies;

	for (size_t i = 0; id && i < rows->count; i++)
		if (rows->row[i].column[RECORD_COLUMN_id] && !strcmp(rows->row[i].column[RECORD_COLUMN_id], id))
			text = &rows->row[i].anomalies;
	strbuf_addf(text, "%s %c %s %s %s%s\n", code,
		!side          ? '-'
		: *side == 'i' ? 'I'
			       : 'R',
		confidence, severity, count, withdrawn ? " withdrawn" : "");
}

void rows_add_anomaly(struct rows *rows, const struct anomaly_record *record)
{
	char id[40], count[40];

	snprintf(id, sizeof id, "%lld", (long long)record->connection_id);
	snprintf(count, sizeof count, "%lld", (long long)record->count);
	add_anomaly(rows, record->connection_id == CLOCK_NONE ? NULL : id, record->code, record->side,
		record->confidence, record->severity, count, record->withdrawn_ns != CLOCK_NONE);
}

bool rows_add_anomaly_json(struct rows *rows, const char *line)
{
	static const char *const keys[] = {
		"connection_id", "code", "side", "confidence", "severity", "count", "withdrawn_ns"};
	enum { KEYS = sizeof keys / sizeof *keys };
	struct strbuf name = {0}, value = {0};
	char *got[KEYS] = {0};
	bool good = *line++ == '{', null;

	while (good && *line && *line != '}') {
		good = take_string(&line, &name) && *line++ == ':' && take_value(&line, &value, &null);
		for (int i = 0; good && !null && i < KEYS; i++)
			if (!strcmp(name.text, keys[i])) {
				free(got[i]);
				got[i] = mem_copy(value.text);
			}
		line += good && *line == ',';
	}
	good = good && got[1] && got[3] && got[4] && got[5];
	if (good)
		add_anomaly(rows, got[0], got[1], got[2], got[3], got[4], got[5], got[6]);
	for (int i = 0; i < KEYS; i++)
		free(got[i]);
	strbuf_fini(&name);
	strbuf_fini(&value);
	return good;
}

/* --- order and comparison ------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
	int id = record_column_find("id");
	const char *x = ((const struct row *)a)->column[id], *y = ((const struct row *)b)->column[id];
	long long n = x ? atoll(x) : 0, m = y ? atoll(y) : 0;

	return n < m ? -1 : n > m;
}

void rows_sort(struct rows *rows)
{
	if (rows->count)
		qsort(rows->row, rows->count, sizeof *rows->row, by_id);
}

static const char *shown(const char *value)
{
	return value ? value : "NULL";
}

static const char *lines_of(const struct strbuf *text)
{
	return text->text ? text->text : "";
}

bool rows_same(const struct rows *a, const struct rows *b, struct strbuf *why)
{
	size_t before = why->length;

	if (a->count != b->count)
		strbuf_addf(why, "%zu connections, the other way %zu\n", a->count, b->count);
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(lines_of(&a->row[i].anomalies), lines_of(&b->row[i].anomalies)))
			strbuf_addf(why, "connection %zu: anomalies are\n%sthe other way\n%s", i + 1,
				lines_of(&a->row[i].anomalies), lines_of(&b->row[i].anomalies));
	if (strcmp(lines_of(&a->anomalies), lines_of(&b->anomalies)))
		strbuf_addf(why, "anomalies of several connections are\n%sthe other way\n%s", lines_of(&a->anomalies),
			lines_of(&b->anomalies));
	for (size_t i = 0; i < a->count && i < b->count; i++)
		for (int column = 0; column < RECORD_COLUMNS; column++) {
			const char *x = a->row[i].column[column], *y = b->row[i].column[column];

			if (record_columns[column].geo || !strcmp(record_columns[column].name, "capture_id") ||
				(!x && !y) || (x && y && !strcmp(x, y)))
				continue;
			strbuf_addf(why, "connection %zu: %s is %s, the other way %s\n", i + 1,
				record_columns[column].name, shown(x), shown(y));
		}
	return why->length == before;
}

/* --- expectations -------------------------------------------------------------------------------- */

static const char *column_of(const struct row *row, const char *name)
{
	int column = record_column_find(name);

	return column < 0 ? NULL : row->column[column];
}

static const char *side_column(const struct row *row, enum side side, const char *name)
{
	char full[80];

	snprintf(full, sizeof full, "%s_%s", side_words[side], name);
	return column_of(row, full);
}

static void add_mark(struct strbuf *text, enum basis basis)
{
	if (basis_marks[basis])
		strbuf_add_char(text, basis_marks[basis]);
}

void rows_path(const struct row *row, enum side side, struct strbuf *path)
{
	enum { STEPS = 64 };
	struct timeline_step step, moves[STEPS];
	const char *at = column_of(row, "timeline");
	int count = 0;

	while (at && timeline_next(&at, &step) && count < STEPS) {
		if (step.side != side)
			continue;
		if (!step.confirm) {
			moves[count++] = step;
			continue;
		}
		for (int i = count - 1; i >= 0; i--)
			if (moves[i].state == step.state) {
				moves[i].basis = BASIS_PROVED;
				break;
			}
	}
	strbuf_clear(path);
	strbuf_add(path, "");
	for (int i = 0; i < count; i++) {
		strbuf_addf(path, "%s%s", i ? " " : "", state_words[moves[i].state].name);
		add_mark(path, moves[i].basis);
	}
	if (!count)
		strbuf_add(path, "-");
}

static void state_text(const struct row *row, enum side side, struct strbuf *text)
{
	const char *state = side_column(row, side, "state"), *basis = side_column(row, side, "state_basis");

	strbuf_clear(text);
	strbuf_add(text, state ? state : "-");
	for (int i = 0; i < BASES; i++)
		if (state && basis && !strcmp(basis, basis_words[i]))
			add_mark(text, (enum basis)i);
}

/* A time stands as seconds after the scenario's start; A..B is a span that holds both its ends. */
static bool number_meets(const char *got, const char *wanted, const char *unit, struct strbuf *shown_as)
{
	double scale = strcmp(unit, "ns") ? 1 : 1e-9;
	long long start = strcmp(unit, "ns") ? 0 : SCENARIO_START_NS;
	double value = (double)(atoll(got) - start) * scale, low, high;
	const char *dots = strstr(wanted, "..");
	char *end;

	strbuf_clear(shown_as);
	strbuf_addf(shown_as, "%.10g", value);
	low = strtod(wanted, &end);
	if (end == wanted)
		return !strcmp(got, wanted);
	high = dots ? strtod(dots + 2, NULL) : low;
	return value >= low - 1e-9 && value <= high + 1e-9;
}

static bool column_meets(const struct row *row, const struct scenario_expect *e, struct strbuf *got)
{
	int column = record_column_find(e->column);
	bool nothing = !strcmp(e->wanted, "-");

	strbuf_clear(got);
	if (column < 0) {
		strbuf_add(got, "no such column");
		return false;
	}
	const char *value = row->column[column];
	strbuf_add(got, value ? value : "-");
	if (nothing || !value)
		return nothing && !value;
	if (record_columns[column].kind == RECORD_INT || record_columns[column].kind == RECORD_FLAG)
		return number_meets(value, e->wanted, record_columns[column].unit, got);
	return !strcmp(value, e->wanted);
}

/* Goes on to the next line; *line is cut into its first word and the rest. */
static bool next_anomaly(const char **at, char line[200], char **rest)
{
	size_t length = strcspn(*at, "\n");

	if (!length)
		return false;
	snprintf(line, 200, "%.*s", (int)length, *at);
	*at += length + 1;
	*rest = line + strcspn(line, " ");
	*(*rest)++ = '\0';
	return true;
}

static int by_word(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The codes of the rows of a connection, in order, each once; without those that were withdrawn. */
static void list_codes(const struct row *row, struct strbuf *got)
{
	enum { MOST = 64 };
	char line[200], *rest, *codes[MOST];
	const char *at = lines_of(&row->anomalies);
	int count = 0;

	while (next_anomaly(&at, line, &rest) && count < MOST)
		if (!strstr(rest, "withdrawn"))
			codes[count++] = mem_copy(line);
	qsort(codes, (size_t)count, sizeof *codes, by_word);
	strbuf_clear(got);
	strbuf_add(got, count ? "" : "none");
	for (int i = 0; i < count; i++) {
		if (!i || strcmp(codes[i], codes[i - 1]))
			strbuf_addf(got, "%s%s", i ? " " : "", codes[i]);
	}
	for (int i = 0; i < count; i++)
		free(codes[i]);
}

/* Does a row say each of these words? */
static bool says(const char *row, const char *words)
{
	char padded[204], word[WORD_MOST];
	int used;

	snprintf(padded, sizeof padded, " %s ", row);
	while (sscanf(words, "%60s%n", word + 1, &used) == 1) {
		word[0] = ' ';
		snprintf(word + strlen(word), 2, " ");
		if (!strstr(padded, word))
			return false;
		words += used;
	}
	return true;
}

/* One row of the code there is, and it says what is wanted; or none that is not withdrawn. */
static bool anomaly_meets(
	const struct rows *rows, const struct row *row, const struct scenario_expect *e, struct strbuf *got)
{
	const char *texts[] = {lines_of(&row->anomalies), lines_of(&rows->anomalies)};
	char line[200], *rest;
	int count = 0, fitting = 0;

	strbuf_clear(got);
	for (int i = 0; i < 2; i++)
		for (const char *at = texts[i]; next_anomaly(&at, line, &rest);) {
			if (strcmp(line, e->column))
				continue;
			bool withdrawn = strstr(rest, "withdrawn") && !strstr(e->wanted, "withdrawn");
			count += !withdrawn;
			fitting += !withdrawn && says(rest, e->wanted);
			strbuf_addf(got, "%s'%s'", got->length ? ", " : "", rest);
		}
	if (!got->length)
		strbuf_add(got, "nothing");
	return e->kind == EXPECT_NO_ANOMALY ? !count : count == 1 && fitting == 1;
}

static bool meets(const struct rows *rows, const struct scenario_expect *e, struct strbuf *got)
{
	if (e->kind == EXPECT_CONNECTIONS) {
		strbuf_clear(got);
		strbuf_addf(got, "%zu", rows->count);
		return rows->count == (size_t)atoll(e->wanted);
	}
	if (e->connection >= rows->count) {
		strbuf_clear(got);
		strbuf_add(got, "no such connection");
		return false;
	}
	const struct row *row = &rows->row[e->connection];
	if (e->kind == EXPECT_COLUMN)
		return column_meets(row, e, got);
	if (e->kind == EXPECT_ANOMALY || e->kind == EXPECT_NO_ANOMALY)
		return anomaly_meets(rows, row, e, got);
	if (e->kind == EXPECT_ANOMALIES)
		list_codes(row, got);
	else if (e->kind == EXPECT_STATE)
		state_text(row, e->side, got);
	else
		rows_path(row, e->side, got);
	return !strcmp(got->text, e->wanted);
}

bool rows_meet(const struct rows *rows, const struct scenario *s, struct strbuf *why)
{
	static const char *const kinds[] = {[EXPECT_CONNECTIONS] = "",
		[EXPECT_STATE] = "state",
		[EXPECT_PATH] = "path",
		[EXPECT_COLUMN] = "",
		[EXPECT_ANOMALIES] = "anomalies",
		[EXPECT_ANOMALY] = "",
		[EXPECT_NO_ANOMALY] = ""};
	struct strbuf got = {0};
	bool connections_expected = false, all = true;

	for (size_t i = 0; i < s->expect_count; i++) {
		const struct scenario_expect *e = &s->expects[i];

		connections_expected = connections_expected || e->kind == EXPECT_CONNECTIONS;
		if (meets(rows, e, &got))
			continue;
		all = false;
		strbuf_addf(why, "line %u: %s%s%s: wanted %s, got %s\n", e->line,
			e->kind == EXPECT_STATE || e->kind == EXPECT_PATH ? side_words[e->side] : "",
			*kinds[e->kind] ? " " : "", *kinds[e->kind] ? kinds[e->kind] : e->column,
			e->kind == EXPECT_NO_ANOMALY ? "nothing"
			: *e->wanted                 ? e->wanted
						     : "one",
			got.text);
	}
	if (!connections_expected && rows->count != s->connection_count) {
		all = false;
		strbuf_addf(why, "wanted %u connections, got %zu\n", s->connection_count, rows->count);
	}
	strbuf_fini(&got);
	return all;
}
