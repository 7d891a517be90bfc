/* term: see term.h. */
#include "view/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char term_end[] = "\033[0m";

bool term_is(FILE *out)
{
	return isatty(fileno(out));
}

unsigned term_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	long wanted = columns ? strtol(columns, NULL, 10) : 0;
	struct winsize size;

	if (!term_is(out))
		return 0;
	if (wanted > 0 && wanted < 10000)
		return (unsigned)wanted;
	return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

bool term_use_color(FILE *out, enum term_color choice)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	if (choice != TERM_COLOR_AUTO)
		return choice == TERM_COLOR_ALWAYS;
	return term_is(out) && !(none && *none) && term && strcmp(term, "dumb") != 0;
}

const char *term_begin(enum term_paint paint, enum tcp_state state, enum basis basis)
{
	static const char *const paints[] = {
		[PAINT_NONE] = "",
		[PAINT_HEADER] = "\033[1m",
		[PAINT_DIM] = "\033[2m",
		[PAINT_ALERT] = "\033[1;31m",
		[PAINT_WARNING] = "\033[1;33m",
		[PAINT_NOTICE] = "\033[36m",
		[PAINT_INFO] = "\033[2m",
	};
	/* proved, and what is only presumed or timed */
	static const char *const states[TCP_STATES][2] = {
		[TCP_CLOSED] = {"\033[2m", "\033[2m"},
		[TCP_LISTEN] = {"\033[2m", "\033[2m"},
		[TCP_SYN_SENT] = {"\033[33m", "\033[2;33m"},
		[TCP_SYN_RECEIVED] = {"\033[33m", "\033[2;33m"},
		[TCP_ESTABLISHED] = {"\033[32m", "\033[2;32m"},
		[TCP_FIN_WAIT_1] = {"\033[94m", "\033[2;94m"},
		[TCP_FIN_WAIT_2] = {"\033[94m", "\033[2;94m"},
		[TCP_CLOSE_WAIT] = {"\033[91m", "\033[2;91m"},
		[TCP_CLOSING] = {"\033[94m", "\033[2;94m"},
		[TCP_LAST_ACK] = {"\033[31m", "\033[2;31m"},
		[TCP_TIME_WAIT] = {"\033[35m", "\033[2;35m"},
	};

	if (paint != PAINT_STATE)
		return paints[paint];
	return state < TCP_STATES ? states[state][basis != BASIS_PROVED] : "";
}

unsigned term_columns(const char *text)
{
	unsigned columns = 0;

	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

/* The byte at which column n begins. */
static const char *column_at(const char *text, unsigned n)
{
	while (*text && n) {
		text++;
		while ((*text & 0xc0) == 0x80)
			text++;
		n--;
	}
	return text;
}

void term_add_cut(struct strbuf *line, const char *text, unsigned width, unsigned at)
{
	unsigned columns = term_columns(text);

	if (columns <= width || width < 2) {
		strbuf_add(line, text);
		return;
	}
	if (at > width - 1)
		at = width - 1;
	const char *head_end = column_at(text, at), *tail = column_at(text, columns - (width - 1 - at));
	strbuf_add_n(line, text, (size_t)(head_end - text));
	strbuf_add(line, "\u2026");
	strbuf_add(line, tail);
}
