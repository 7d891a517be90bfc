/* anomalies: see anomalies.h. */
#include "view/anomalies.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "view/evidence.h"
#include "view/term.h"

/* A mark and a word on a terminal, coloured; in a pipe the word alone. */
static void add_marked(struct strbuf *text, const struct grid_style *style, const char *severity, const char *word)
{
	if (style->width) {
		strbuf_add(
			text, style->color ? term_begin(term_severity_paint(severity), TCP_UNKNOWN, BASIS_PROVED) : "");
		strbuf_addf(text, "%s ", term_severity_mark(severity));
	}
	strbuf_add_safe(text, word);
	strbuf_add(text, style->width && style->color ? term_end : "");
}

static void end_cell(struct grid *grid, struct strbuf *text)
{
	grid_cell(grid, text->length ? text->text : "-");
	strbuf_clear(text);
}

static void add_time(struct strbuf *text, const struct grid_style *style, int64_t ns, int digits)
{
	char when[CLOCK_TEXT];

	if (ns != CLOCK_NONE)
		strbuf_add(text, style->width ? term_time(ns, digits, when) : clock_print(ns, 9, when));
}

/* --- counted -------------------------------------------------------------------------------------- */

/* At whom: a service, and who opened the connections if it was always the same; of several services how many, and
 * the one that has half of it or more. */
static void add_where(struct strbuf *text, const struct anomaly_group *g)
{
	if (!g->services) {
		strbuf_add_safe(text, *g->initiator ? g->initiator : "-");
		return;
	}
	bool leads = g->services > 1 && g->at_service > 1 && 2 * g->at_service >= g->count;
	if (*g->initiator && !leads) {
		strbuf_add_safe(text, g->initiator);
		strbuf_addf(text, " %s ", term_arrow());
	}
	if (g->services == 1) {
		strbuf_add_safe(text, g->service);
		return;
	}
	strbuf_addf(text, "%lld responders", (long long)g->services);
	if (!leads)
		return;
	strbuf_addf(text, ", %lld at ", (long long)g->at_service);
	strbuf_add_safe(text, g->service);
}

void anomalies_overview(FILE *out, const struct grid_style *style, const struct anomaly_overview *overview)
{
	static const struct grid_column columns[] = {
		{.terminal = "SEVERITY", .pipe = "SEVERITY"},
		{.terminal = "ANOMALY", .pipe = "ANOMALY"},
		{.terminal = "COUNT", .pipe = "COUNT", .right = true},
		{.terminal = "FIRST", .pipe = "FIRST", .is_time = true, .leaves = 2},
		{.terminal = "LAST", .pipe = "LAST", .is_time = true, .leaves = 1},
		{.terminal = "WHERE", .pipe = "WHERE", .cut = CUT_ENDPOINT, .least = 16},
	};
	struct grid *grid = grid_open(out, style, columns, sizeof columns / sizeof *columns);
	struct strbuf text = {0};

	for (int i = 0; i < overview->count; i++) {
		const struct anomaly_group *g = &overview->groups[i];

		add_marked(&text, style, g->severity, g->severity);
		end_cell(grid, &text);
		strbuf_add_safe(&text, g->code);
		end_cell(grid, &text);
		strbuf_add_int(&text, g->count);
		end_cell(grid, &text);
		add_time(&text, style, g->first_ns, 0);
		end_cell(grid, &text);
		add_time(&text, style, g->last_ns, 0);
		end_cell(grid, &text);
		add_where(&text, g);
		end_cell(grid, &text);
		grid_row(grid);
	}
	grid_finish(grid);
	grid_free(grid);
	strbuf_fini(&text);
}

/* --- one below the other --------------------------------------------------------------------------- */

enum {
	LIST_TIME,
	LIST_KIND,
	LIST_SEVERITY,
	LIST_ID,
	LIST_SIDE,
	LIST_SURE,
	LIST_INITIATOR,
	LIST_RESPONDER,
	LIST_EVIDENCE,
	LIST_COLUMNS
};

struct anomalies {
	struct grid_style style;
	struct grid_column columns[LIST_COLUMNS];
	struct grid *grid;
	struct strbuf text;
};

struct anomalies *anomalies_open(FILE *out, const struct grid_style *style, bool kinds)
{
	static const struct grid_column columns[LIST_COLUMNS] = {
		[LIST_TIME] = {.terminal = "TIME", .pipe = "TIME", .is_time = true, .leaves = 2},
		[LIST_KIND] = {.terminal = "ANOMALY", .pipe = "ANOMALY"},
		[LIST_SEVERITY] = {.pipe = "SEVERITY"},
		[LIST_ID] = {.terminal = "ID", .pipe = "ID", .right = true},
		[LIST_SIDE] = {.terminal = "SIDE", .pipe = "SIDE", .leaves = 1},
		[LIST_SURE] = {.terminal = "SURE", .pipe = "SURE"},
		[LIST_INITIATOR] = {.pipe = "INITIATOR"},
		[LIST_RESPONDER] = {.pipe = "RESPONDER"},
		[LIST_EVIDENCE] = {.terminal = "EVIDENCE", .pipe = "EVIDENCE", .cut = CUT_END, .least = 20},
	};
	struct anomalies *a = mem_new(1, sizeof *a);

	a->style = *style;
	memcpy(a->columns, columns, sizeof columns);
	if (!kinds)
		a->columns[LIST_KIND].terminal = NULL;
	a->grid = grid_open(out, style, a->columns, LIST_COLUMNS);
	return a;
}

static void add_endpoint(struct anomalies *a, const struct anomaly_record *row, enum side side)
{
	char ip[ADDR_TEXT];

	if (row->connection_id != CLOCK_NONE)
		strbuf_addf(&a->text, addr_is_v4(&row->ip[side]) ? "%s:%u" : "[%s]:%u", addr_print(&row->ip[side], ip),
			row->port[side]);
	end_cell(a->grid, &a->text);
}

void anomalies_add(struct anomalies *a, const struct anomaly_record *row)
{
	add_time(&a->text, &a->style, row->time_ns, 3);
	end_cell(a->grid, &a->text);
	add_marked(&a->text, &a->style, row->severity, row->code);
	end_cell(a->grid, &a->text);
	strbuf_add_safe(&a->text, row->severity);
	end_cell(a->grid, &a->text);
	if (row->connection_id != CLOCK_NONE)
		strbuf_add_int(&a->text, row->connection_id);
	end_cell(a->grid, &a->text);
	strbuf_add_safe(&a->text, row->side ? row->side : "");
	end_cell(a->grid, &a->text);
	strbuf_add_safe(&a->text, row->confidence);
	end_cell(a->grid, &a->text);
	add_endpoint(a, row, INITIATOR);
	add_endpoint(a, row, RESPONDER);
	if (row->withdrawn_ns != CLOCK_NONE)
		strbuf_add(&a->text, "withdrawn: ");
	evidence_add(&a->text, row);
	end_cell(a->grid, &a->text);
	grid_row(a->grid);
}

long anomalies_close(struct anomalies *a)
{
	long printed = grid_finish(a->grid);

	grid_free(a->grid);
	strbuf_fini(&a->text);
	free(a);
	return printed;
}
