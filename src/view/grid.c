/* grid: see grid.h. */
#include "view/grid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "view/term.h"

enum { DAY = 11 }; /* "2026-11-22 " */

struct row {
	char *cell[GRID_COLUMNS];
};

struct grid {
	FILE *out;
	struct grid_style style;
	const struct grid_column *columns;
	unsigned count;
	struct row row;   /* the one that is filled */
	unsigned filled;  /* its cells */
	struct row *rows; /* of the sample, until the widths are known */
	unsigned sampled;
	long printed;
	bool begun;
	bool shown[GRID_COLUMNS];
	unsigned width[GRID_COLUMNS];
	char day[GRID_COLUMNS][DAY + 1]; /* of times: that of all of the sample; "": of several */
	bool two_lines;
	struct strbuf line;
};

struct grid *grid_open(FILE *out, const struct grid_style *style, const struct grid_column *columns, unsigned count)
{
	struct grid *g = mem_new(1, sizeof *g);

	assert(count <= GRID_COLUMNS);
	g->out = out;
	g->style = *style;
	g->columns = columns;
	g->count = count;
	g->rows = mem_new(GRID_SAMPLE, sizeof *g->rows);
	return g;
}

static void free_row(struct row *row)
{
	for (int i = 0; i < GRID_COLUMNS; i++)
		free(row->cell[i]);
}

/* --- layout --------------------------------------------------------------------------------------- */

static const char *heading(const struct grid *g, unsigned i)
{
	return g->style.width ? g->columns[i].terminal : g->columns[i].pipe;
}

/* The cell as it is printed: a time without the day of all of them. */
static const char *cell_of(const struct grid *g, const struct row *row, unsigned i)
{
	const char *text = row->cell[i] ? row->cell[i] : "";

	return *g->day[i] && !strncmp(text, g->day[i], DAY) ? text + DAY : text;
}

/* On a terminal times show the day only where there are several. */
static void take_day(struct grid *g, unsigned i)
{
	if (!g->columns[i].is_time || !g->style.width)
		return;
	for (unsigned row = 0; row < g->sampled; row++) {
		const char *text = g->rows[row].cell[i];

		if (!text || strlen(text) < DAY)
			continue;
		if (!*g->day[i])
			memcpy(g->day[i], text, DAY);
		else if (strncmp(text, g->day[i], DAY))
			*g->day[i] = '\0';
		if (!*g->day[i])
			return;
	}
}

/* Of the widest line. */
static unsigned total_width(const struct grid *g)
{
	unsigned sum = 0, most = 0;

	for (unsigned i = 0; i < g->count; i++) {
		if (!g->shown[i])
			continue;
		if (g->two_lines && g->columns[i].breaks) {
			most = sum;
			sum = 4;
		}
		sum += g->width[i] + (sum ? 2 : 0);
	}
	return sum > most ? sum : most;
}

/* Takes what is too much from the cells that can be cut, the widest one first. */
static void narrow(struct grid *g)
{
	for (;;) {
		unsigned widest = g->count;

		for (unsigned i = 0; i < g->count; i++)
			if (g->shown[i] && g->columns[i].cut != CUT_NEVER && g->width[i] > g->columns[i].least &&
				(widest == g->count || g->width[i] > g->width[widest]))
				widest = i;
		if (widest == g->count || total_width(g) <= g->style.width)
			return;
		g->width[widest]--;
	}
}

static void measure(struct grid *g)
{
	for (unsigned i = 0; i < g->count; i++) {
		g->shown[i] = heading(g, i) != NULL;
		if (!g->shown[i])
			continue;
		take_day(g, i);
		g->width[i] = term_columns(heading(g, i));
		if (g->width[i] < g->columns[i].usual)
			g->width[i] = g->columns[i].usual;
		for (unsigned row = 0; row < g->sampled; row++) {
			unsigned columns = term_columns(cell_of(g, &g->rows[row], i));
			if (columns > g->width[i])
				g->width[i] = columns;
		}
	}
}

static void lay_out(struct grid *g)
{
	unsigned natural[GRID_COLUMNS];

	measure(g);
	if (!g->style.width)
		return;
	memcpy(natural, g->width, sizeof natural);
	narrow(g);
	for (unsigned turn = 1; turn <= g->count && total_width(g) > g->style.width; turn++)
		for (unsigned i = 0; i < g->count; i++) {
			if (g->columns[i].leaves != turn)
				continue;
			g->shown[i] = false;
			memcpy(g->width, natural, sizeof natural);
			narrow(g);
		}
	if (total_width(g) <= g->style.width)
		return;
	g->two_lines = true;
	memcpy(g->width, natural, sizeof natural);
	narrow(g);
}

bool grid_shows(const struct grid *g, unsigned column)
{
	return g->shown[column];
}

/* --- printing ------------------------------------------------------------------------------------- */

static void add_padding(struct strbuf *line, unsigned columns)
{
	while (columns--)
		strbuf_add_char(line, ' ');
}

/* The endpoint cut so that its port stays whole: the ellipsis stands before the colon, or the bracket before that. */
static void add_endpoint(struct grid *g, const char *cell, unsigned width)
{
	const char *colon = strrchr(cell, ':');
	unsigned port = colon ? term_columns(colon) + (colon > cell && colon[-1] == ']') : 0;

	term_add_cut(&g->line, cell, width, width > port + 1 ? width - port - 1 : 1);
}

static void add_text(struct grid *g, unsigned i, const char *text)
{
	unsigned width = g->style.width ? g->width[i] : 0;

	if (!width || g->columns[i].cut == CUT_NEVER || term_columns(text) <= width)
		strbuf_add(&g->line, text);
	else if (g->columns[i].cut == CUT_ENDPOINT)
		add_endpoint(g, text, width);
	else
		term_add_cut(&g->line, text, width, width - 1);
}

/* One line, or two; row: NULL for the headings. */
static void print_cells(struct grid *g, const struct row *row)
{
	bool first = true;

	for (unsigned i = 0; i < g->count; i++) {
		if (!g->shown[i])
			continue;
		const char *text = row ? cell_of(g, row, i) : heading(g, i);
		bool right = g->columns[i].right && g->style.width;
		unsigned own = term_columns(text), padding = own < g->width[i] ? g->width[i] - own : 0;

		if (g->two_lines && g->columns[i].breaks) {
			strbuf_trim(&g->line);
			strbuf_add(&g->line, "\n    ");
		} else if (!first) {
			strbuf_add(&g->line, "  ");
		}
		first = false;
		add_padding(&g->line, right ? padding : 0);
		add_text(g, i, text);
		add_padding(&g->line, right ? 0 : padding);
	}
	strbuf_trim(&g->line);
}

static void print_row(struct grid *g, struct row *row)
{
	print_cells(g, row);
	strbuf_add_char(&g->line, '\n');
	strbuf_flush(&g->line, g->out);
	g->printed++;
	free_row(row);
}

static void begin(struct grid *g)
{
	if (g->begun || !g->sampled)
		return;
	g->begun = true;
	lay_out(g);
	if (g->style.color)
		strbuf_add(&g->line, term_begin(PAINT_HEADER, TCP_UNKNOWN, BASIS_PROVED));
	print_cells(g, NULL);
	strbuf_addf(&g->line, "%s\n", g->style.color ? term_end : "");
	strbuf_flush(&g->line, g->out);
	for (unsigned i = 0; i < g->sampled; i++)
		print_row(g, &g->rows[i]);
	g->sampled = 0;
}

void grid_cell(struct grid *g, const char *text)
{
	assert(g->filled < g->count);
	g->row.cell[g->filled++] = mem_copy(text ? text : "");
}

void grid_row(struct grid *g)
{
	assert(g->filled == g->count);
	if (g->begun) {
		print_row(g, &g->row);
	} else {
		g->rows[g->sampled++] = g->row;
		if (g->sampled == GRID_SAMPLE)
			begin(g);
	}
	memset(&g->row, 0, sizeof g->row);
	g->filled = 0;
}

long grid_finish(struct grid *g)
{
	begin(g);
	return g->printed;
}

void grid_free(struct grid *g)
{
	free_row(&g->row);
	strbuf_fini(&g->line);
	free(g->rows);
	free(g);
}
