/* svg: see svg.h. */
#include "view/svg.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/html.h"

void svg_add_number(struct strbuf *out, double value)
{
	char text[32];
	int length = snprintf(text, sizeof text, "%.1f", value);

	if (length > 2 && text[length - 1] == '0')
		text[length - 2] = '\0';
	strbuf_add(out, text[0] == '-' && text[1] == '0' && !text[2] ? "0" : text);
}

static void add_attribute(struct strbuf *out, const char *name, double value)
{
	strbuf_addf(out, " %s=\"", name);
	svg_add_number(out, value);
	strbuf_add_char(out, '"');
}

static void add_rect(
	struct strbuf *out, const char *kind, enum tcp_state state, double x, double y, double width, double height)
{
	strbuf_addf(out, "<rect class=\"%s %s\"", kind, state_words[state].code);
	add_attribute(out, "x", x);
	add_attribute(out, "y", y);
	add_attribute(out, "width", width);
	add_attribute(out, "height", height);
	strbuf_add(out, "/>");
}

void svg_add_band(
	struct strbuf *out, double x, double y, double width, double height, enum tcp_state state, enum basis basis)
{
	static const char *const kinds[BASES] = {"bp", "bq", "bt"};
	const double hairline = 3;

	if (state >= TCP_STATES)
		return;
	/* nothing can be told from the inside of a hairline */
	if (height < hairline)
		add_rect(out, basis == BASIS_PROVED ? "bp" : "bh", state, x, y, width, height);
	else if (basis == BASIS_PROVED)
		add_rect(out, kinds[basis], state, x, y, width, height);
	else /* the stroke is inside */
		add_rect(out, kinds[basis], state, x + .5, y + .5, width > 1 ? width - 1 : .1, height - 1);
}

double svg_state_height(enum tcp_state state)
{
	static const double heights[TCP_STATES] = {
		[TCP_CLOSED] = 1.2,
		[TCP_LISTEN] = 2,
		[TCP_SYN_SENT] = 5,
		[TCP_SYN_RECEIVED] = 5,
		[TCP_ESTABLISHED] = 10,
		[TCP_FIN_WAIT_1] = 8,
		[TCP_FIN_WAIT_2] = 8,
		[TCP_CLOSE_WAIT] = 10,
		[TCP_CLOSING] = 8,
		[TCP_LAST_ACK] = 8,
		[TCP_TIME_WAIT] = 5,
	};

	return state < TCP_STATES ? heights[state] : 0;
}

void svg_add_text(struct strbuf *out, double x, double y, const char *class, const char *text)
{
	strbuf_add(out, "<text");
	if (*class)
		strbuf_addf(out, " class=\"%s\"", class);
	add_attribute(out, "x", x);
	add_attribute(out, "y", y);
	strbuf_add_char(out, '>');
	html_add(out, text);
	strbuf_add(out, "</text>");
}

void svg_add_path(struct strbuf *out, const char *class, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	strbuf_addf(out, "<path class=\"%s\" d=\"%s\"/>", class, text);
}

void svg_add_severity(struct strbuf *out, double x, double y, double size, enum severity severity)
{
	static const char *const classes[SEVERITIES] = {"vi", "vn", "vw", "va"};
	double half = size / 2;

	switch (severity) {
	case SEVERITY_INFO:
		strbuf_addf(out, "<circle class=\"vi\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", x + half, y + half,
			half - 1.2);
		break;
	case SEVERITY_NOTICE:
		svg_add_path(out, classes[severity], "M%.1f %.1fl%.1f %.1f %.1f %.1f %.1f %.1fZ", x + half, y + .6,
			half - .6, half - .6, .6 - half, half - .6, .6 - half, .6 - half);
		break;
	case SEVERITY_WARNING:
		svg_add_path(out, classes[severity], "M%.1f %.1fl%.1f %.1fh%.1fZ", x + half, y + .6, half - .3,
			size - 1.6, .6 - size);
		break;
	case SEVERITY_ALERT:
		svg_add_path(out, classes[severity], "M%.1f %.1fh%.1fv%.1fh%.1fZ", x + .8, y + .8, size - 1.6,
			size - 1.6, 1.6 - size);
		break;
	case SEVERITIES:
		break;
	}
}
