/* ladder_svg: a ladder as SVG. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/html.h"
#include "view/ladder_internal.h"
#include "view/svg.h"

/* All in units of the picture, which is WIDTH wide and is scaled to the page. */
enum {
	WIDTH = 812,
	LEFT = 214,  /* lifeline of the initiator */
	RIGHT = 656, /* that of the responder */
	BAND = 16,   /* width of a band */
	SLOPE = 14,  /* an arrow arrives so much lower */
	TOP = 44,    /* the names of both sides stand above */
	CLOCK_X = 9, /* the clock of TIME-WAIT, inside of its lifeline */
	CLOCK = 7,   /* its width */
};

/* From the row to what comes below it. */
static double height_of(const struct ladder_row *row)
{
	bool named = row->enters[INITIATOR] || row->enters[RESPONDER];

	switch (row->kind) {
	case LADDER_ARROW:
		return row->item->kind == ITEM_RUN || row->item->kind == ITEM_TURNS ? 52 : named ? 48 : 36;
	case LADDER_STATE:
		return 34;
	case LADDER_NOTE:
		return 20;
	case LADDER_BREAK:
		return 34;
	case LADDER_CLOCK:
		return 26;
	}
	return 0;
}

struct picture {
	struct strbuf *out;
	const struct ladder *ladder;
	double y;            /* of the row that is drawn */
	double since[SIDES]; /* where the piece of band that is drawn began */
	struct ladder_band band[SIDES];
	double clock[SIDES]; /* where the clock of TIME-WAIT began; 0: it does not run */
	double tap;          /* its place on the way */
};

static double line_x(enum side side)
{
	return side == INITIATOR ? LEFT : RIGHT;
}

/* --- bands ----------------------------------------------------------------------------------------- */

static void draw_band(struct picture *p, enum side side, double until)
{
	double x = side == INITIATOR ? LEFT - BAND : RIGHT;

	if (p->band[side].state != TCP_UNKNOWN && until > p->since[side])
		svg_add_band(p->out, x, p->since[side], BAND, until - p->since[side], p->band[side].state,
			p->band[side].basis);
}

/* How it is known, in words, below its name. */
static const char *how(const struct ladder_row *row, enum side side)
{
	switch (row->band[side].basis) {
	case BASIS_PROVED:
		return "proved";
	case BASIS_PRESUMED:
		return row->proved_later[side] ? "presumed, then proved" : "presumed";
	case BASIS_TIMER:
	case BASES:
		break;
	}
	return "by timer";
}

static void draw_name(struct picture *p, const struct ladder_row *row, enum side side, double y)
{
	const char *class = side == INITIATOR ? "b e" : "b", *small = side == INITIATOR ? "sm e" : "sm";
	double x = side == INITIATOR ? LEFT - BAND - 9 : RIGHT + BAND + 9;
	char name[32];

	if (row->enters[side]) {
		svg_add_path(p->out, "ln", "M%d %.1fh5", side == INITIATOR ? LEFT - BAND - 6 : RIGHT + BAND + 1, y);
		svg_add_text(p->out, x, y + 4, class, state_words[row->band[side].state].name);
		svg_add_text(p->out, x, y + 16, small, how(row, side));
	} else if (row->back[side] != TCP_UNKNOWN) {
		snprintf(name, sizeof name, "(%s)", state_words[row->back[side]].name);
		svg_add_text(p->out, x, y + 4, side == INITIATOR ? "q e" : "q", name);
		svg_add_text(p->out, x, y + 16, small, "taken back later");
	}
}

static void stop_clock(struct picture *p, enum side side, double y, bool cancelled)
{
	double x = side == INITIATOR ? LEFT + CLOCK_X : RIGHT - CLOCK_X - CLOCK;

	if (!p->clock[side] || y <= p->clock[side])
		return;
	strbuf_addf(p->out, "<rect class=\"ck\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>", x,
		p->clock[side], CLOCK, y - p->clock[side]);
	svg_add_path(p->out, "ln", "M%.1f %.1fh%d", x - 2, p->clock[side], CLOCK + 4);
	if (cancelled)
		svg_add_path(p->out, "ln", "M%.1f %.1fl%d 8m0-8-%d 8", x - 1.5, y - 9, CLOCK + 3, CLOCK + 3);
	else
		svg_add_path(p->out, "ln", "M%.1f %.1fh%d", x - 2, y, CLOCK + 4);
	p->clock[side] = 0;
}

/* At its end of the row a side goes on as the row says. */
static void move_band(struct picture *p, const struct ladder_row *row, enum side side, double y)
{
	struct ladder_band band = row->band[side];

	draw_name(p, row, side, y);
	if (band.state == p->band[side].state && band.basis == p->band[side].basis)
		return;
	draw_band(p, side, y);
	if (band.state != p->band[side].state) {
		stop_clock(p, side, y, false);
		if (band.state == TCP_TIME_WAIT)
			p->clock[side] = y;
	}
	p->since[side] = y;
	p->band[side] = band;
}

/* --- arrows ---------------------------------------------------------------------------------------- */

static void add_part(struct strbuf *text, const char *part)
{
	strbuf_addf(text, "%s%s", text->length && *part ? "  " : "", part);
}

/* What it is in bold, its numbers beside; along the slope. */
static void draw_label(struct picture *p, const struct ladder_label *label, double y, bool to_right)
{
	double angle = atan2(SLOPE, RIGHT - LEFT) * 180 / M_PI * (to_right ? 1 : -1);
	struct strbuf numbers = {0};

	add_part(&numbers, label->seq);
	add_part(&numbers, label->ack);
	add_part(&numbers, label->why);
	if (*label->more)
		strbuf_addf(&numbers, " %s", label->more);
	strbuf_addf(p->out,
		"<text class=\"c h\" x=\"%d\" y=\"%.1f\" transform=\"rotate(%.2f %d %.1f)\"><tspan class=\"b\">",
		(LEFT + RIGHT) / 2, y + SLOPE / 2.0 - 6, angle, (LEFT + RIGHT) / 2, y + SLOPE / 2.0);
	html_add(p->out, label->what);
	strbuf_add(p->out, "</tspan>");
	if (numbers.length) {
		strbuf_add(p->out, "<tspan class=\"n\" dx=\"9\">");
		html_add(p->out, numbers.text);
		strbuf_add(p->out, "</tspan>");
	}
	strbuf_add(p->out, "</text>");
	strbuf_fini(&numbers);
}

/* A small ring where it passed. */
static void draw_tap(struct picture *p, double y, bool to_right, const char *class)
{
	double way = to_right ? p->tap : 1 - p->tap;

	strbuf_addf(p->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>", class,
		LEFT + p->tap * (RIGHT - LEFT), y + way * SLOPE);
}

static void draw_line(struct picture *p, const struct ladder_row *row, double y)
{
	const struct ladder_item *item = row->item;
	bool to_right = item->side == INITIATOR;
	double to_tap = to_right ? p->tap : 1 - p->tap; /* behind which it was lost */
	double way = item->lost ? to_tap + (1 - to_tap) * .55 : 1, from = line_x(item->side);
	double to = from + (line_x(ladder_peer(item->side)) - from) * way, end = y + SLOPE * way;

	if (item->kind == ITEM_UNSEEN) {
		svg_add_path(p->out, "un", "M%.1f %.1fL%.1f %.1f", from, y, to, end);
	} else if (item->lost) {
		svg_add_path(p->out, "lo", "M%.1f %.1fL%.1f %.1f", from, y, to, end);
		svg_add_path(p->out, "lx", "M%.1f %.1fl11 11m0-11-11 11", to - 5.5, end - 5.5);
	} else {
		double tip = to_right ? -8 : 8;
		svg_add_path(
			p->out, item->broken || item->strange ? "lo" : "ln", "M%.1f %.1fL%.1f %.1f", from, y, to, end);
		svg_add_path(p->out, "hd", "M%.1f %.1fl%.1f -4.4v8Z", to, end, tip);
	}
	draw_label(p, &row->label, y, to_right);
	if (item->kind != ITEM_UNSEEN)
		draw_tap(p, y, to_right, item->lost ? "tl" : "tp");
}

enum {
	HALF = 8,
	HEAD = 13,
	WING = 5
}; /* of a thick arrow: half its width, the length of its head, what that juts out */

/* Payload of one side, along the slope. */
static void draw_thick(struct picture *p, double from, double to, double y)
{
	double neck = to > from ? to - HEAD : to + HEAD, end = y + SLOPE * .98;

	svg_add_path(p->out, "rn", "M%.1f %.1fL%.1f %.1fv-%dL%.1f %.1fL%.1f %.1fv-%dL%.1f %.1fZ", from, y - HALF, neck,
		end - HALF, WING, to, y + SLOPE, neck, end + HALF + WING, WING, from, y + HALF);
}

/* Of both, in turns: a head at either end. */
static void draw_turns(struct picture *p, double y)
{
	svg_add_path(p->out, "rn", "M%d %.1fL%d %.1fv%dH%dv-%dL%d %.1fL%d %.1fv-%dH%dv%dZ", LEFT, y, LEFT + HEAD,
		y - HALF - WING, WING, RIGHT - HEAD, WING, RIGHT, y, RIGHT - HEAD, y + HALF + WING, WING, LEFT + HEAD,
		WING);
}

/* Its numbers stand below it; the ring of the tap at its upper edge, where it covers no word. */
static void draw_run(struct picture *p, const struct ladder_row *row, double y)
{
	const struct ladder_item *item = row->item;
	bool to_right = item->side == INITIATOR, turns = item->kind == ITEM_TURNS;
	double slope = turns ? 0 : SLOPE, top = y + (turns ? 8 : 2), middle = top + slope / 2;
	double angle = turns ? 0 : atan2(SLOPE, RIGHT - LEFT) * 180 / M_PI * (to_right ? 1 : -1);
	struct strbuf numbers = {0};

	if (turns)
		draw_turns(p, top);
	else
		draw_thick(p, line_x(item->side), line_x(ladder_peer(item->side)), top);
	if (row->timed && !turns)
		draw_tap(p, top - HALF, to_right, "tp");
	add_part(&numbers, row->label.seq);
	add_part(&numbers, row->label.ack);
	add_part(&numbers, row->label.why);
	add_part(&numbers, row->label.more);
	strbuf_addf(p->out, "<text class=\"b c\" x=\"%d\" y=\"%.1f\" transform=\"rotate(%.2f %d %.1f)\">",
		(LEFT + RIGHT) / 2, middle + 4, angle, (LEFT + RIGHT) / 2, middle);
	html_add(p->out, row->label.what);
	strbuf_add(p->out, "</text>");
	if (numbers.length)
		svg_add_text(p->out, (LEFT + RIGHT) / 2, middle + 24, "n c h", numbers.text);
	strbuf_fini(&numbers);
}

static void draw_arrow(struct picture *p, const struct ladder_row *row)
{
	const struct ladder_item *item = row->item;
	bool run = item->kind == ITEM_RUN || item->kind == ITEM_TURNS;
	double y = p->y + (run ? 6 : 10);

	/* a state that did not come about has nothing to arrive at */
	move_band(p, row, item->side, y);
	move_band(p, row, ladder_peer(item->side), item->lost ? y : y + SLOPE);
	if (run)
		draw_run(p, row, y);
	else
		draw_line(p, row, y);
}

/* --- other rows ------------------------------------------------------------------------------------ */

/* The shape of its severity stands at the lifeline of its side, its words beside that. */
static void draw_note(struct picture *p, const struct ladder_row *row)
{
	static const char *const classes[SEVERITIES] = {"fi", "fn", "fw", "fa"};
	bool right = row->side == RESPONDER;
	double x = right ? RIGHT - 24 : row->side == INITIATOR ? LEFT + 26 : LEFT + 90, y = p->y + 11;

	if (!row->note) {
		svg_add_text(p->out, (LEFT + RIGHT) / 2, y, "q c h", row->remark);
		return;
	}
	enum severity severity = row->note->severity < SEVERITIES ? row->note->severity : SEVERITY_INFO;
	svg_add_severity(p->out, x, y - 9, 10, severity);
	strbuf_addf(p->out, "<text class=\"h%s\" x=\"%.1f\" y=\"%.1f\"><tspan class=\"%s\">", right ? " e" : "",
		right ? x - 6 : x + 16, y, classes[severity]);
	html_add(p->out, row->note->code);
	strbuf_add(p->out, "</tspan><tspan dx=\"8\">");
	html_add(p->out, row->note->title);
	strbuf_add(p->out, "</tspan></text>");
	if (row->side < SIDES && !strcmp(row->note->code, "time-wait-restart") && p->clock[row->side]) {
		stop_clock(p, (enum side)row->side, p->y - 4, true);
		p->clock[row->side] = p->y;
	}
}

static void draw_break(struct picture *p, const struct ladder_row *row)
{
	char span[CLOCK_TEXT], text[80];
	double y = p->y + 16;

	snprintf(text, sizeof text, "%s without a segment%s", clock_print_span(row->break_ns, span),
		row->time_wait ? ": 2MSL" : "");
	for (int side = 0; side < SIDES; side++) {
		draw_band(p, (enum side)side, y);
		p->since[side] = y + 4;
	}
	svg_add_path(p->out, "dt", "M%d %.1fH%dM%d %.1fH%d", LEFT + 28, y + 2, (LEFT + RIGHT) / 2 - 120,
		(LEFT + RIGHT) / 2 + 120, y + 2, RIGHT - 28);
	svg_add_text(p->out, (LEFT + RIGHT) / 2, y + 6, "q c h", text);
	for (int x = LEFT - BAND - 3; x < WIDTH && x <= RIGHT - 3; x += RIGHT - LEFT + BAND)
		svg_add_path(p->out, "bk", "M%d %.1fl%d-6v7l-%d 6Z", x, y + 3, BAND + 6, BAND + 6);
}

static void draw_clock(struct picture *p, const struct ladder_row *row)
{
	double y = p->y + 10;
	enum side side = (enum side)row->side;

	stop_clock(p, side, y, false);
	strbuf_addf(p->out, "<text class=\"h%s\" x=\"%d\" y=\"%.1f\">", side == INITIATOR ? "" : " e",
		side == INITIATOR ? LEFT + CLOCK_X + CLOCK + 8 : RIGHT - CLOCK_X - CLOCK - 8, y + 3);
	html_add(p->out, row->remark);
	strbuf_add(p->out, "</text>");
}

static void draw_time(struct picture *p, const struct ladder_row *row)
{
	char text[40];

	if (!row->timed)
		return;
	if (!row->offset_us)
		snprintf(text, sizeof text, "0");
	else if (llabs(row->offset_us) < NS_PER_S / NS_PER_US)
		snprintf(text, sizeof text, "%+.3f ms", (double)row->offset_us / 1e3);
	else
		snprintf(text, sizeof text, "%+.3f s", (double)row->offset_us / 1e6);
	svg_add_text(p->out, 0, p->y + 14, "n", text);
}

static void draw_row(struct picture *p, const struct ladder_row *row)
{
	draw_time(p, row);
	switch (row->kind) {
	case LADDER_ARROW:
		draw_arrow(p, row);
		break;
	case LADDER_STATE:
		move_band(p, row, INITIATOR, p->y + 10);
		move_band(p, row, RESPONDER, p->y + 10);
		break;
	case LADDER_NOTE:
		draw_note(p, row);
		break;
	case LADDER_BREAK:
		draw_break(p, row);
		break;
	case LADDER_CLOCK:
		draw_clock(p, row);
		break;
	}
	p->y += height_of(row);
}

void ladder_add_svg(const struct ladder *ladder, struct strbuf *out)
{
	struct picture p = {.out = out,
		.ladder = ladder,
		.y = TOP,
		.band = {{TCP_UNKNOWN, BASIS_PROVED}, {TCP_UNKNOWN, BASIS_PROVED}},
		.tap = ladder->tap};
	double height = TOP + 8;

	for (int i = 0; i < ladder->rows; i++)
		height += height_of(&ladder->row[i]);
	strbuf_addf(out,
		"<svg class=\"lad\" viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"Ladder of connection %lld\">",
		WIDTH, height, (long long)ladder->id);
	for (int side = 0; side < SIDES; side++) {
		double x = side == INITIATOR ? LEFT + BAND / 2 : RIGHT - BAND / 2;
		svg_add_text(out, x, 14, side == INITIATOR ? "b e" : "b", side_words[side]);
		svg_add_text(out, x, 30, side == INITIATOR ? "n e" : "n", ladder->end[side]);
	}
	svg_add_text(out, LEFT + p.tap * (RIGHT - LEFT), 42, "q c", "tap");
	svg_add_path(out, "dt", "M%.1f 46V%.1f", LEFT + p.tap * (RIGHT - LEFT), height - 6);
	for (int i = 0; i < ladder->rows; i++)
		draw_row(&p, &ladder->row[i]);
	for (int side = 0; side < SIDES; side++) {
		draw_band(&p, (enum side)side, height - 4);
		stop_clock(&p, (enum side)side, height - 8, false);
		svg_add_path(out, "ll", "M%.0f %dV%.0f", line_x((enum side)side), TOP, height - 4);
	}
	strbuf_add(out, "</svg>");
}
