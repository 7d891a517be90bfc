/* term: see term.h. */
#include "config.h"

#include "view/term.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char term_end[] = "\033[0m";

static unsigned paged_width; /* 0: there is no pager */

void term_is_paged(unsigned width)
{
	paged_width = width;
}

bool term_is(FILE *out)
{
	return isatty(fileno(out)) || (out == stdout && paged_width);
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
	if (out == stdout && paged_width)
		return paged_width;
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

enum term_paint term_severity_paint(const char *severity)
{
	static const enum term_paint paints[SEVERITIES + 1] = {
		[SEVERITY_INFO] = PAINT_INFO,
		[SEVERITY_NOTICE] = PAINT_NOTICE,
		[SEVERITY_WARNING] = PAINT_WARNING,
		[SEVERITY_ALERT] = PAINT_ALERT,
		[SEVERITIES] = PAINT_NONE,
	};

	return paints[severity_from_word(severity)];
}

/* --- marks ---------------------------------------------------------------------------------------- */

bool term_has_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

const char *term_arrow(void)
{
	return term_has_utf8() ? "\u2192" : "->";
}

const char *term_ellipsis(void)
{
	return term_has_utf8() ? "\u2026" : "~";
}

const char *term_severity_mark(const char *severity)
{
	static const struct {
		const char *shape, *letter;
	} marks[SEVERITIES + 1] = {
		[SEVERITY_INFO] = {"\u25cb", "i"},
		[SEVERITY_NOTICE] = {"\u25c7", "n"},
		[SEVERITY_WARNING] = {"\u25b2", "w"},
		[SEVERITY_ALERT] = {"\u25a0", "a"},
		[SEVERITIES] = {"?", "?"},
	};
	enum severity which = severity_from_word(severity);

	return term_has_utf8() ? marks[which].shape : marks[which].letter;
}

const char *term_level(uint64_t value, uint64_t most)
{
	static const char *const levels[][2] = {{"\u2581", "_"}, {"\u2582", "."}, {"\u2583", ":"}, {"\u2584", "-"},
		{"\u2585", "="}, {"\u2586", "+"}, {"\u2587", "*"}, {"\u2588", "#"}};
	const uint64_t highest = sizeof levels / sizeof *levels - 1;
	double share = most ? (double)value / (double)most : 0;
	uint64_t level = (uint64_t)(share * (double)highest + (value ? 0.999 : 0));

	return levels[level < highest ? level : highest][!term_has_utf8()];
}

char *term_time(int64_t ns, int digits, char text[CLOCK_TEXT])
{
	clock_print(ns, digits, text);
	text[strcspn(text, "Z")] = '\0';
	char *day = strchr(text, 'T');
	if (day)
		*day = ' ';
	return text;
}

/* --- text of a known width ------------------------------------------------------------------------- */

/* Behind the escape of a colour at text; text itself where there is none. */
static const char *skip_escape(const char *text)
{
	if (strncmp(text, "\033[", 2))
		return text;
	text += strcspn(text, "m");
	return *text ? text + 1 : text;
}

unsigned term_columns(const char *text)
{
	unsigned columns = 0;

	while (*text) {
		const char *behind = skip_escape(text);

		if (behind == text)
			columns += (*text++ & 0xc0) != 0x80;
		else
			text = behind;
	}
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
	strbuf_add(line, term_ellipsis());
	strbuf_add(line, tail);
}

static void add_blanks(struct strbuf *out, unsigned count)
{
	while (count--)
		strbuf_add_char(out, ' ');
}

void term_add_wrapped(struct strbuf *out, const char *text, unsigned at, unsigned indent, unsigned width)
{
	struct strbuf word = {0};
	bool begun = false;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t length = strcspn(text, " ");

		strbuf_clear(&word);
		strbuf_add_n(&word, text, length);
		text += length;
		unsigned columns = term_columns(word.text);
		if (begun && at + 1 + columns > width) {
			strbuf_add_char(out, '\n');
			add_blanks(out, indent);
			at = indent;
		} else if (begun) {
			strbuf_add_char(out, ' ');
			at++;
		}
		strbuf_add(out, word.text);
		at += columns;
		begun = true;
	}
	strbuf_add_char(out, '\n');
	strbuf_fini(&word);
}
