/* life: see life.h. */
#include "report/life.h"

#include <math.h>
#include <string.h>

#include "view/svg.h"

enum {
	WIDTH = 320,
	HEIGHT = 40,
	AXIS = 20,
	EDGE = 5,
	SCALE = 137, /* steps of a packed time for each e-fold: 4095 reach 10^13 us */
	PACKED_MOST = 4095,
};

/* Of a step in own time: what it is given whatever its length, and for each e-fold of it. */
static const double least_width = .9, unit_us = 4000;

struct life {
	struct timeline_step step[LIFE_STEPS];
	int steps;
	int64_t end_us;
	int reset_by; /* SIDES: nobody */
};

static void read_life(const struct conn_record *r, struct life *life)
{
	life->steps = timeline_read(r, life->step, LIFE_STEPS);
	life->reset_by = SIDES;
	for (int side = 0; side < SIDES; side++)
		if (r->reset_by && !strcmp(r->reset_by, side_words[side]))
			life->reset_by = side;
	life->end_us = r->duration_us > 0 ? r->duration_us : 0;
	if (life->steps && life->step[life->steps - 1].offset_us > life->end_us)
		life->end_us = life->step[life->steps - 1].offset_us;
}

/* The time since the step before; of steps + 1 there are, the last is to the end. */
static int64_t since_us(const struct life *life, int i)
{
	int64_t from = i ? life->step[i - 1].offset_us : 0,
		to = i < life->steps ? life->step[i].offset_us : life->end_us;
	int64_t since;

	return __builtin_sub_overflow(to, from, &since) || since < 0 ? 0 : since;
}

/* --- packed ---------------------------------------------------------------------------------------- */

void life_add_shape(struct strbuf *out, const struct conn_record *r)
{
	struct life life;

	read_life(r, &life);
	for (int i = 0; i < life.steps; i++) {
		const struct timeline_step *step = &life.step[i];

		strbuf_addf(out, "%c%s%c", step->side == INITIATOR ? 'I' : 'R', state_words[step->state].code,
			step->confirm ? 'c' : basis_codes[step->basis]);
	}
	if (life.reset_by < SIDES)
		strbuf_addf(out, "X%c", life.reset_by == INITIATOR ? 'I' : 'R');
}

void life_add_times(struct strbuf *out, const struct conn_record *r)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct life life;

	read_life(r, &life);
	for (int i = 0; i <= life.steps; i++) {
		double packed = log1p((double)since_us(&life, i)) * SCALE + .5;
		unsigned code = packed > PACKED_MOST ? PACKED_MOST : (unsigned)packed;

		strbuf_add_char(out, letters[code >> 6]);
		strbuf_add_char(out, letters[code & 63]);
	}
}

/* --- drawn ----------------------------------------------------------------------------------------- */

/* Where each step is, and the end. */
static void place(const struct life *life, double x[LIFE_STEPS + 1])
{
	double at = 0, all;

	for (int i = 0; i <= life->steps; i++) {
		int64_t since = since_us(life, i);

		if (i && (since || i == life->steps))
			at += log1p((double)since / unit_us) + least_width;
		x[i] = at;
	}
	all = at > 0 ? at : 1;
	for (int i = 0; i <= life->steps; i++)
		x[i] = EDGE + x[i] / all * (WIDTH - 2 * EDGE);
}

static void draw_piece(
	struct strbuf *out, enum side side, double from, double to, enum tcp_state state, enum basis basis)
{
	double height = svg_state_height(state), width = to - from > .5 ? to - from : .5;

	svg_add_band(out, from, side == INITIATOR ? AXIS - 1 - height : AXIS + 1, width, height, state, basis);
}

static void draw_side(struct strbuf *out, const struct life *life, const double *x, enum side side)
{
	enum tcp_state state = TCP_UNKNOWN;
	enum basis basis = BASIS_PROVED;
	double from = 0;

	for (int i = 0; i < life->steps; i++) {
		const struct timeline_step *step = &life->step[i];

		if (step->side != side || (step->confirm && (step->state != state || basis == BASIS_PROVED)))
			continue;
		if (state != TCP_UNKNOWN && x[i] > from)
			draw_piece(out, side, from, x[i], state, basis);
		from = x[i];
		state = step->state;
		basis = step->confirm ? BASIS_PROVED : step->basis;
	}
	if (state != TCP_UNKNOWN)
		draw_piece(out, side, from, x[life->steps], state, basis);
}

static void draw_mark(struct strbuf *out, enum side side, double x, const char *class)
{
	int y = side == INITIATOR ? 6 : 34, q = side == INITIATOR ? 1 : -1;

	if (!strcmp(class, "mr"))
		svg_add_path(out, class, "M%.1f %.1fl6.8 6.8m0-6.8-6.8 6.8", x - 3.4, y - 3.4);
	else
		svg_add_path(out, class, "M%.1f %.1fh6.8l-3.4 %.1fZ", x - 3.4, y - 2.6 * q, 5.6 * q);
}

static void draw_marks(struct strbuf *out, const struct life *life, const double *x)
{
	bool answered[SIDES] = {false, false};

	for (int i = 0; i < life->steps; i++) {
		const struct timeline_step *s = &life->step[i];
		bool proves = s->confirm || s->basis == BASIS_PROVED;

		if (s->state == TCP_SYN_SENT && !s->confirm)
			draw_mark(out, s->side, x[i], "ms");
		if (s->state == TCP_SYN_RECEIVED && proves && !answered[s->side])
			draw_mark(out, s->side, x[i], "ms");
		answered[s->side] |= s->state == TCP_SYN_RECEIVED && proves;
		if ((s->state == TCP_FIN_WAIT_1 || s->state == TCP_LAST_ACK) && !s->confirm)
			draw_mark(out, s->side, x[i], "mf");
		if (s->state == TCP_CLOSED && !s->confirm && life->reset_by == (int)s->side)
			draw_mark(out, s->side, x[i], "mr");
	}
}

void life_add_svg(struct strbuf *out, const struct conn_record *r)
{
	struct life life;
	double x[LIFE_STEPS + 1];

	read_life(r, &life);
	place(&life, x);
	strbuf_addf(out,
		"<svg class=\"lf\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"states "
		"over time\">",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	svg_add_path(out, "ax", "M0 %dH%d", AXIS, WIDTH);
	for (int side = 0; side < SIDES; side++)
		draw_side(out, &life, x, (enum side)side);
	draw_marks(out, &life, x);
	strbuf_add(out, "</svg>");
}
