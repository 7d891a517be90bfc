/* chart: see chart.h. */
#include "report/chart.h"

#include <math.h>
#include <string.h>

#include "base/html.h"
#include "view/svg.h"

enum {
	FLOW_HEIGHT = 150,
	FLOW_AXIS = 76,
	FLOW_ROOM = 64, /* of a bar */
	HELD_HEIGHT = 276,
	HELD_AXIS = 140,
	HELD_ROOM = 112,
	TICKS = 7,      /* at the most */
	LONG_TICKS = 5, /* with milliseconds */
};

/* From the axis outwards. */
static const enum tcp_state stacked[] = {TCP_ESTABLISHED, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2, TCP_CLOSING, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_TIME_WAIT};
enum { STACKED = sizeof stacked / sizeof *stacked };

/* A round number that is no less than the value. */
static double round_up(double value)
{
	static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
	double power = pow(10, floor(log10(value > 1e-9 ? value : 1)));

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (power * steps[i] >= value * .999)
			return power * steps[i];
	return value;
}

static void add_count(struct strbuf *out, double value)
{
	if (value >= 10 || value == floor(value))
		html_add_count(out, llround(value));
	else
		strbuf_addf(out, "%.3g", value);
}

/* Lines at the most and at the axis, with their values left of the plot. */
static void begin(struct strbuf *out, int height, int axis, int room, double most, const char *label)
{
	strbuf_addf(out, "<div class=\"chart\"><svg class=\"yax\" width=\"54\" height=\"%d\">", height);
	for (int sign = -1; sign <= 1; sign++) {
		strbuf_addf(out, "<text class=\"q e\" x=\"48\" y=\"%d\">", axis + sign * room + 4);
		add_count(out, sign ? most : 0);
		strbuf_add(out, "</text>");
	}
	strbuf_addf(out, "</svg><svg class=\"plot\" width=\"100%%\" height=\"%d\" role=\"img\" aria-label=\"%s\">",
		height, label);
	for (int sign = -1; sign <= 1; sign++)
		strbuf_addf(out, "<line class=\"%s\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", sign ? "gr" : "ln",
			axis + sign * room, axis + sign * room);
}

static void begin_columns(struct strbuf *out, const struct sums *sums, int height)
{
	strbuf_addf(out, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" width=\"100%%\" height=\"%d\">",
		sums->columns, height, height);
}

/* --- opened, closed, reset ------------------------------------------------------------------------- */

static void add_bar(struct strbuf *out, const char *class, int column, double y, double height)
{
	if (height <= 0)
		return;
	strbuf_addf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\".84\" height=\"%.2f\"/>", class,
		column + .08, y, height);
}

static double tallest(const struct sums *sums)
{
	int64_t most = 1;

	for (int i = 0; i < sums->columns; i++) {
		const struct sums_column *c = &sums->column[i];
		int64_t ended = c->closed + c->reset;

		most = c->opened > most ? c->opened : most;
		most = ended > most ? ended : most;
	}
	return (double)most;
}

static void add_flow(struct strbuf *out, const struct sums *sums)
{
	double most = round_up(tallest(sums)), unit = FLOW_ROOM / most;

	begin(out, FLOW_HEIGHT, FLOW_AXIS, FLOW_ROOM, most, "connections opened, closed and reset over time");
	begin_columns(out, sums, FLOW_HEIGHT);
	for (int i = 0; i < sums->columns; i++) {
		const struct sums_column *c = &sums->column[i];
		double opened = (double)c->opened * unit, closed = (double)c->closed * unit,
		       reset = (double)c->reset * unit;

		strbuf_add(out, "<g><title>");
		strbuf_addf(out, "%lld opened, %lld closed, %lld reset</title>", (long long)c->opened,
			(long long)c->closed, (long long)c->reset);
		add_bar(out, "fo", i, FLOW_AXIS - opened, opened);
		add_bar(out, "fc", i, FLOW_AXIS + 1, closed);
		add_bar(out, "fr", i, FLOW_AXIS + 1 + closed, reset);
		strbuf_add(out, "</g>");
	}
	strbuf_add(out,
		"</svg></svg><div class=\"lg\"><span><svg width=\"11\" height=\"11\"><rect class=\"fo\" width=\"11\" "
		"height=\"11\"/></svg>opened \u2191</span><span><svg width=\"11\" height=\"11\"><rect class=\"fc\" "
		"width=\"11\" height=\"11\"/></svg>closed \u2193</span><span><svg width=\"11\" height=\"11\"><rect "
		"class=\"fr\" width=\"11\" height=\"11\"/></svg>reset \u2193</span></div></div>\n");
}

/* --- in each state --------------------------------------------------------------------------------- */

static double held(const struct sums *sums, int column, int side, enum tcp_state state)
{
	return sums->column[column].held[side][state] / (double)sums->width_ns;
}

static double most_held(const struct sums *sums)
{
	double most = 0;

	for (int i = 0; i < sums->columns; i++)
		for (int side = 0; side < SIDES; side++) {
			double all = 0;
			for (int s = 0; s < STACKED; s++)
				all += held(sums, i, side, stacked[s]);
			most = all > most ? all : most;
		}
	return most;
}

/* One state of one side: a step for each column, on top of those before it. */
static void add_layer(
	struct strbuf *out, const struct sums *sums, int side, enum tcp_state state, double *base, double unit)
{
	bool any = false;
	double d = side == INITIATOR ? -1 : 1;

	for (int i = 0; i < sums->columns; i++)
		any |= held(sums, i, side, state) > 0;
	if (!any)
		return;
	strbuf_addf(out, "<path class=\"bp %s\" d=\"", state_words[state].code);
	for (int i = 0; i < sums->columns; i++) {
		base[i] += held(sums, i, side, state);
		strbuf_addf(out, "%c%d %.2fH%d", i ? 'L' : 'M', i, HELD_AXIS + d * base[i] * unit, i + 1);
	}
	for (int i = sums->columns - 1; i >= 0; i--)
		strbuf_addf(
			out, "L%d %.2fH%d", i + 1, HELD_AXIS + d * (base[i] - held(sums, i, side, state)) * unit, i);
	strbuf_addf(out, "Z\"><title>%ss in %s</title></path>", side_words[side], state_words[state].name);
}

static void add_drops(struct strbuf *out, const struct sums *sums, const struct chart_drop *drops, int count)
{
	for (int i = 0; i < count; i++) {
		double at =
			((double)drops[i].time_ns / (double)sums->width_ns - (double)sums->from) / sums->columns * 100;

		if (at < 0 || at > 100)
			continue;
		strbuf_addf(out, "<line class=\"dr\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"><title>", at, at,
			HELD_HEIGHT);
		html_add_count(out, drops[i].packets);
		strbuf_add(out, " packets lost by the capture</title></line>");
	}
	if (count)
		strbuf_add(out, "<text class=\"q\" x=\"8\" y=\"24\">dotted: the capture lost packets</text>");
}

static void add_held(struct strbuf *out, const struct sums *sums, const struct chart_drop *drops, int drop_count)
{
	double most = most_held(sums), unit;

	most = most > 0 ? round_up(most) : 1;
	unit = HELD_ROOM / most;
	begin(out, HELD_HEIGHT, HELD_AXIS, HELD_ROOM, most, "sides of connections in each state over time");
	begin_columns(out, sums, HELD_HEIGHT);
	for (int side = 0; side < SIDES; side++) {
		double base[SUMS_COLUMNS] = {0};

		for (int s = 0; s < STACKED; s++)
			add_layer(out, sums, side, stacked[s], base, unit);
	}
	strbuf_add(out, "</svg>");
	strbuf_addf(out, "<line class=\"ln\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", HELD_AXIS, HELD_AXIS);
	add_drops(out, sums, drops, drop_count);
	strbuf_addf(out,
		"<text class=\"h q\" x=\"8\" y=\"22\">initiators</text><text class=\"h q\" x=\"8\" "
		"y=\"%d\">responders</text>",
		HELD_HEIGHT - 6);
	strbuf_add(out, "</svg><div class=\"lg\"><p>in each state, on average over a column</p></div></div>\n");
}

/* --- the axis of time ------------------------------------------------------------------------------ */

/* As much of a time as tells ticks that are so far apart from each other. */
static void print_tick(int64_t time_ns, int64_t apart_ns, char text[CLOCK_TEXT])
{
	const int64_t day = 86400 * NS_PER_S;
	size_t length = apart_ns % NS_PER_S ? 12 : apart_ns % (60 * NS_PER_S) ? 8 : 5;

	clock_print(time_ns, 3, text);
	if (strlen(text) != 24 || text[10] != 'T') /* no usual year */
		return;
	if (apart_ns >= day) {
		text[10] = '\0';
		return;
	}
	memmove(text, text + 11, length);
	text[length] = '\0';
}

/* Every so many columns, at round times. */
static int ticks_each(const struct sums *sums)
{
	static const int steps[] = {1, 2, 4, 5, 10, 20, 40};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		int most = steps[i] * sums->width_ns % NS_PER_S ? LONG_TICKS : TICKS;
		if (sums->columns <= most * steps[i])
			return steps[i];
	}
	return SUMS_COLUMNS;
}

static void add_ticks(struct strbuf *out, const struct sums *sums)
{
	int each = ticks_each(sums);
	char text[CLOCK_TEXT];

	strbuf_add(out, "<div class=\"chart\"><span></span><svg class=\"plot\" width=\"100%\" height=\"22\" "
			"aria-hidden=\"true\">");
	for (int i = 0; i < sums->columns; i++) {
		double at = 100.0 * i / sums->columns;

		if ((sums->from + i) % each)
			continue;
		print_tick((sums->from + i) * sums->width_ns, each * sums->width_ns, text);
		strbuf_addf(out, "<line class=\"gr\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"5\"/>", at, at);
		strbuf_addf(out, "<text class=\"q%s\" x=\"%.2f%%\" y=\"18\">%s</text>", at > 4 ? " c" : "", at, text);
	}
	strbuf_add(out, "</svg><span></span></div>\n");
}

void chart_add(struct strbuf *out, const struct sums *sums, const struct chart_drop *drops, int drop_count)
{
	if (!sums->columns)
		return;
	add_flow(out, sums);
	add_held(out, sums, drops, drop_count);
	add_ticks(out, sums);
}

void chart_add_key(struct strbuf *out)
{
	static const struct {
		enum basis basis;
		const char *name, *meaning;
	} bases[] = {{BASIS_PROVED, "proved", "by a segment of this side"},
		{BASIS_PRESUMED, "presumed", "most likely arrived"}, {BASIS_TIMER, "timer", "no segment"}};

	strbuf_add(out, "<div class=\"key\">");
	for (int i = 0; i < TCP_STATES; i++) {
		strbuf_add(out, "<span><svg width=\"20\" height=\"11\">");
		svg_add_band(out, 0, 0, 20, 11, (enum tcp_state)i, BASIS_PROVED);
		strbuf_addf(out, "</svg>%s</span>", state_words[i].name);
	}
	strbuf_add(out, "</div><div class=\"key\">");
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
		strbuf_add(out, "<span><svg width=\"20\" height=\"11\">");
		svg_add_band(out, 0, 0, 20, 11, TCP_ESTABLISHED, bases[i].basis);
		strbuf_addf(out, "</svg>%s <em>%s</em></span>", bases[i].name, bases[i].meaning);
	}
	strbuf_add(out, "</div>\n");
}
