/* rows: see rows.h. */
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/html.h"
#include "base/json.h"
#include "report/dictionary.h"
#include "report/life.h"
#include "view/svg.h"
#include "view/units.h"

enum { CLASSES = SEVERITIES + 1, FIRST_MOST = 4096 };

/* Rows of one severity, in the order in which they came.  The first class has no anomalies, the last one alerts. */
struct class
{
	struct strbuf packed;
	int64_t count;
	int64_t id[FIRST_MOST]; /* of the first */
	struct strbuf html;     /* cells of the first page, one row behind the other, without their first cell */
	size_t html_end[ROWS_PAGE];
};

struct rows {
	int64_t most;
	int64_t base_ns; /* of the first connection: times are told from there */
	bool begun;
	struct dictionary ips, codes, shapes;
	struct class class[CLASSES];
	struct strbuf text;
};

struct rows *rows_new(int64_t most)
{
	struct rows *rows = mem_new(1, sizeof *rows);

	rows->most = most;
	return rows;
}

void rows_free(struct rows *rows)
{
	if (!rows)
		return;
	dictionary_fini(&rows->ips);
	dictionary_fini(&rows->codes);
	dictionary_fini(&rows->shapes);
	for (int i = 0; i < CLASSES; i++) {
		strbuf_fini(&rows->class[i].packed);
		strbuf_fini(&rows->class[i].html);
	}
	strbuf_fini(&rows->text);
	free(rows);
}

/* --- packed ---------------------------------------------------------------------------------------- */

static void add_36(struct strbuf *out, int64_t value)
{
	char digits[16];
	int at = sizeof digits;
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
		rest /= 36;
	} while (rest);
	if (value < 0)
		strbuf_add_char(out, '-');
	strbuf_add_n(out, digits + at, sizeof digits - (size_t)at);
}

/* A number, or nothing where it is not known; and the comma behind it. */
static void add_field(struct strbuf *out, int64_t value)
{
	if (value != CLOCK_NONE)
		add_36(out, value);
	strbuf_add_char(out, ',');
}

static void add_ends(struct rows *rows, struct strbuf *out, const struct conn_record *r)
{
	char ip[ADDR_TEXT];

	for (int side = 0; side < SIDES; side++) {
		add_field(out, dictionary_add(&rows->ips, addr_print(&r->ip[side], ip)));
		add_field(out, r->port[side]);
	}
}

/* "w3.a": the worst severity, and which anomalies.  The script shows the words of the dictionary as they are. */
static void add_codes(struct rows *rows, struct strbuf *out, enum severity worst, const char *codes)
{
	struct strbuf safe = {0};
	char code[64];

	if (worst < SEVERITIES)
		strbuf_add_char(out, severity_words[worst][0]);
	for (int i = 0; codes && *codes; i++) {
		size_t length = strcspn(codes, ",");

		snprintf(code, sizeof code, "%.*s", (int)(length < sizeof code ? length : sizeof code - 1), codes);
		if (i)
			strbuf_add_char(out, '.');
		strbuf_clear(&safe);
		strbuf_add_safe(&safe, code);
		add_36(out, dictionary_add(&rows->codes, safe.text ? safe.text : ""));
		codes += length + (codes[length] == ',');
	}
	strbuf_add_char(out, ',');
	strbuf_fini(&safe);
}

static bool is_guessed(const struct conn_record *r)
{
	return r->role_basis && (!strcmp(r->role_basis, role_basis_words[ROLE_PORT]) ||
					!strcmp(r->role_basis, role_basis_words[ROLE_FIRST_PACKET]));
}

static void add_flags(struct strbuf *out, const struct conn_record *r)
{
	const bool flags[] = {
		is_guessed(r), r->midstream != 0, r->one_sided != 0, r->gap_possible != 0, r->truncated != 0};

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flags[i])
			strbuf_add_char(out, "gmopt"[i]);
	strbuf_add_char(out, ',');
}

static int64_t trip_us(const struct conn_record *r)
{
	return r->syn_rtt_us < 0 || r->ack_rtt_us < 0 || r->syn_rtt_us > INT32_MAX || r->ack_rtt_us > INT32_MAX
		       ? CLOCK_NONE
		       : r->syn_rtt_us + r->ack_rtt_us;
}

static void pack(
	struct rows *rows, struct class *class, const struct conn_record *r, enum severity worst, const char *codes)
{
	struct strbuf *out = &class->packed;
	enum outcome outcome = r->outcome ? outcome_from_word(r->outcome) : OUTCOMES;

	add_field(out, r->id);
	add_field(out, r->first_ns / NS_PER_MS - rows->base_ns / NS_PER_MS);
	add_ends(rows, out, r);
	add_field(out, outcome);
	add_field(out, r->duration_us);
	add_field(out, r->bytes[INITIATOR]);
	add_field(out, r->bytes[RESPONDER]);
	add_field(out, trip_us(r) == CLOCK_NONE ? CLOCK_NONE : (trip_us(r) + 50) / 100);
	add_codes(rows, out, worst, codes);
	add_flags(out, r);
	strbuf_clear(&rows->text);
	life_add_shape(&rows->text, r);
	add_field(out, dictionary_add(&rows->shapes, rows->text.text ? rows->text.text : ""));
	life_add_times(out, r);
	strbuf_add_char(out, '\n');
}

/* --- HTML ------------------------------------------------------------------------------------------ */

static void add_pair(struct strbuf *out, const char *one, const char *two)
{
	strbuf_add(out, "<span>");
	html_add(out, one);
	strbuf_add(out, "</span><span>");
	html_add(out, two);
	strbuf_add(out, "</span>");
}

static void add_ends_html(struct strbuf *out, const struct conn_record *r)
{
	char ip[ADDR_TEXT], end[SIDES][ADDR_TEXT + 10];

	for (int side = 0; side < SIDES; side++)
		snprintf(end[side], sizeof end[side], addr_is_v4(&r->ip[side]) ? "%s:%lld" : "[%s]:%lld",
			addr_print(&r->ip[side], ip), (long long)r->port[side]);
	strbuf_add(out, "<td class=\"ep\">");
	add_pair(out, end[INITIATOR], end[RESPONDER]);
	if (is_guessed(r))
		strbuf_add(out, "<i>initiator guessed</i>");
	if (r->gap_possible)
		strbuf_add(out, "<i>gap possible</i>");
	strbuf_add(out, "</td>");
}

static void add_states_html(struct strbuf *out, const struct conn_record *r)
{
	char state[SIDES][32];

	for (int side = 0; side < SIDES; side++) {
		char mark = '\0';

		for (int i = 0; i < BASES; i++)
			if (r->state_basis[side] && !strcmp(r->state_basis[side], basis_words[i]))
				mark = basis_marks[i];
		snprintf(state[side], sizeof state[side], "%.20s%c", r->state[side] ? r->state[side] : "\u2013", mark);
	}
	strbuf_add(out, "<td class=\"sa\">");
	add_pair(out, state[INITIATOR], state[RESPONDER]);
	strbuf_add(out, "</td>");
}

static void add_anomalies_html(struct strbuf *out, const char *codes)
{
	char code[64];

	strbuf_add(out, "<td class=\"an\">");
	while (codes && *codes) {
		size_t length = strcspn(codes, ",");

		snprintf(code, sizeof code, "%.*s", (int)(length < sizeof code ? length : sizeof code - 1), codes);
		enum anomaly kind = anomaly_from_code(code);
		strbuf_add(out, "<span><svg class=\"sv\" viewBox=\"0 0 10 10\" width=\"10\" height=\"10\">");
		svg_add_severity(out, 0, 0, 10, kind == ANOMALIES ? SEVERITY_INFO : anomaly_kinds[kind].severity);
		strbuf_add(out, "</svg>");
		html_add(out, code);
		strbuf_add(out, "</span>");
		codes += length + (codes[length] == ',');
	}
	strbuf_add(out, "</td>");
}

void rows_add_moment(struct strbuf *out, int64_t ns)
{
	char text[CLOCK_TEXT];

	clock_print(ns, 0, text);
	text[strcspn(text, "Z")] = '\0';
	const char *time = strchr(text, 'T');
	if (time)
		strbuf_addf(out, "<span class=\"day\">%.*s</span>%s", (int)(time - text), text, time + 1);
	else
		strbuf_add(out, text);
}

/* All cells but the first. */
static void add_cells(struct strbuf *out, const struct conn_record *r, const char *codes)
{
	char span[CLOCK_TEXT], sent[SIDES][UNITS_TEXT];

	strbuf_add(out, "<td class=\"when\">");
	rows_add_moment(out, r->first_ns);
	strbuf_add(out, "</td>");
	add_ends_html(out, r);
	strbuf_add(out, "<td class=\"life\">");
	life_add_svg(out, r);
	strbuf_add(out, "</td>");
	add_states_html(out, r);
	strbuf_add(out, "<td class=\"oc\">");
	html_add(out, r->outcome ? r->outcome : "\u2013");
	strbuf_addf(out, "</td><td class=\"r du\">%s</td><td class=\"r by\">",
		clock_print_span(clock_times((int)NS_PER_US, r->duration_us > 0 ? r->duration_us : 0), span));
	add_pair(out, units_bytes(r->bytes[INITIATOR], sent[INITIATOR]),
		units_bytes(r->bytes[RESPONDER], sent[RESPONDER]));
	strbuf_add(out, "</td><td class=\"r rt\">");
	if (trip_us(r) == CLOCK_NONE)
		strbuf_add(out, "\u2013");
	else
		strbuf_addf(out, "%.1f ms", (double)trip_us(r) / 1000);
	strbuf_add(out, "</td>");
	add_anomalies_html(out, codes);
}

/* --- all of them ----------------------------------------------------------------------------------- */

/* Those that are as bad, or worse, come first. */
static bool has_room(const struct rows *rows, int class)
{
	int64_t count = 0;
	size_t bytes = 0;

	for (int i = class; i < CLASSES; i++) {
		count += rows->class[i].count;
		bytes += rows->class[i].packed.length;
	}
	return count < rows->most && bytes < ROWS_BYTES;
}

/* How many of each class are shown, and how many bytes of it they are, when worse ones have come later. */
static int64_t fit(const struct rows *rows, int64_t count[CLASSES], size_t bytes[CLASSES])
{
	int64_t shown = 0;
	size_t used = 0;

	for (int c = CLASSES - 1; c >= 0; c--) {
		const char *at = rows->class[c].packed.text;

		count[c] = 0;
		bytes[c] = 0;
		for (; count[c] < rows->class[c].count && shown < rows->most && used < ROWS_BYTES;
			shown++, count[c]++) {
			size_t length = strcspn(at + bytes[c], "\n") + 1;

			bytes[c] += length;
			used += length;
		}
	}
	return shown;
}

void rows_add(struct rows *rows, const struct conn_record *r, const char *codes)
{
	enum severity worst = r->worst_severity ? severity_from_word(r->worst_severity) : SEVERITIES;
	int which = worst < SEVERITIES ? (int)worst + 1 : 0;
	struct class *class = &rows->class[which];

	if (!rows->begun) {
		rows->begun = true;
		rows->base_ns = r->first_ns;
	}
	if (!has_room(rows, which))
		return;
	if (class->count < FIRST_MOST)
		class->id[class->count] = r->id;
	if (class->count < ROWS_PAGE) {
		add_cells(&class->html, r, codes);
		class->html_end[class->count] = class->html.length;
	}
	class->count++;
	pack(rows, class, r, worst, codes);
}

int rows_first(const struct rows *rows, int64_t *ids, int room)
{
	int count = 0;

	for (int c = CLASSES - 1; c >= 0; c--)
		for (int64_t i = 0; i < rows->class[c].count && i < FIRST_MOST && count < room; i++)
			ids[count++] = rows->class[c].id[i];
	return count;
}

int64_t rows_shown(const struct rows *rows)
{
	int64_t count[CLASSES];
	size_t bytes[CLASSES];

	return fit(rows, count, bytes);
}

void rows_add_html(const struct rows *rows, struct strbuf *out, rows_has_ladder *has_ladder, const void *context)
{
	int64_t left = rows->most < ROWS_PAGE ? rows->most : ROWS_PAGE;

	for (int c = CLASSES - 1; c >= 0; c--) {
		const struct class *class = &rows->class[c];
		size_t from = 0;

		for (int64_t i = 0; i < class->count && i < ROWS_PAGE && left > 0; i++, left--) {
			long long id = class->id[i];

			strbuf_add(out, "<tr><td class=\"r id\">");
			if (has_ladder(context, id))
				strbuf_addf(out, "<a href=\"#c%lld\">%lld</a></td>", id, id);
			else
				strbuf_addf(out, "<a href=\"#rest\" data-show=\"%lld\">%lld</a></td>", id, id);
			strbuf_add_n(out, class->html.text + from, class->html_end[i] - from);
			strbuf_add(out, "</tr>\n");
			from = class->html_end[i];
		}
	}
}

/* JSON in an element of HTML: nothing in it looks like markup. */
static void add_string(struct strbuf *out, const char *text)
{
	struct strbuf json = {0};

	json_add_string(&json, text);
	for (const char *at = json.text; *at; at++)
		if (strchr("<>&", *at))
			strbuf_addf(out, "\\u%04x", (unsigned)*at);
		else
			strbuf_add_char(out, *at);
	strbuf_fini(&json);
}

static void add_texts(struct strbuf *out, const char *name, const struct dictionary *dictionary)
{
	strbuf_addf(out, "\"%s\":[", name);
	for (uint32_t i = 0; i < dictionary->count; i++) {
		strbuf_add(out, i ? "," : "");
		add_string(out, dictionary_text(dictionary, i));
	}
	strbuf_add(out, "],\n");
}

void rows_add_words(const struct rows *rows, struct strbuf *out)
{
	add_texts(out, "ips", &rows->ips);
	add_texts(out, "codes", &rows->codes);
	strbuf_add(out, "\"severities\":[");
	for (uint32_t i = 0; i < rows->codes.count; i++) {
		enum anomaly kind = anomaly_from_code(dictionary_text(&rows->codes, i));

		strbuf_addf(out, "%s\"%s\"", i ? "," : "",
			severity_words[kind == ANOMALIES ? SEVERITY_INFO : anomaly_kinds[kind].severity]);
	}
	strbuf_add(out, "],\n");
	add_texts(out, "shapes", &rows->shapes);
	strbuf_add(out, "\"outcomes\":[");
	for (int i = 0; i < OUTCOMES; i++)
		strbuf_addf(out, "%s\"%s\"", i ? "," : "", outcome_words[i].word);
	strbuf_add(out, "],\n\"states\":{");
	for (int i = 0; i < TCP_STATES; i++)
		strbuf_addf(out, "%s\"%s\":[\"%s\",%.1f]", i ? "," : "", state_words[i].code, state_words[i].name,
			svg_state_height((enum tcp_state)i));
	strbuf_addf(out, "},\n\"base\":%lld", (long long)(rows->base_ns / NS_PER_MS));
}

void rows_add_packed(const struct rows *rows, struct strbuf *out)
{
	int64_t count[CLASSES];
	size_t bytes[CLASSES];

	fit(rows, count, bytes);
	for (int c = CLASSES - 1; c >= 0; c--)
		if (bytes[c])
			strbuf_add_n(out, rows->class[c].packed.text, bytes[c]);
}
