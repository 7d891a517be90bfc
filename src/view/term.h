/* term: what may be written where: width, colour, and text of a known width on the screen. */
#ifndef LASTACK_VIEW_TERM_H
#define LASTACK_VIEW_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/anomaly.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/words.h"

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };

/* Is the stream a terminal? */
bool term_is(FILE *out);

/* Columns: COLUMNS, else the terminal's; 0 for a pipe or file, which has no limit. */
unsigned term_width(FILE *out);

/* Standard output is no terminal, but goes to one through a pager: it is taken for a terminal of this width. */
void term_is_paged(unsigned width);

/* May colours be used?  auto: a terminal, TERM other than dumb, NO_COLOR unset or empty (no-color.org); an explicit
 * choice wins over NO_COLOR. */
bool term_use_color(FILE *out, enum term_color choice);

/* What is coloured, by its meaning: the 16 base colours only, so that the user's theme decides. */
enum term_paint {
	PAINT_NONE,
	PAINT_HEADER,
	PAINT_DIM,
	PAINT_ALERT,
	PAINT_WARNING,
	PAINT_NOTICE,
	PAINT_INFO,
	PAINT_STATE
};

/* The escape that begins a colour ("" when there is none); a state's is dim unless it is proved. */
const char *term_begin(enum term_paint paint, enum tcp_state state, enum basis basis);
extern const char term_end[];

/* A time for a table on a terminal: "2026-11-22 10:04:11.204", with so many decimals.  Returns text. */
char *term_time(int64_t ns, int digits, char text[CLOCK_TEXT]);

/* The colour of a severity by its word; PAINT_NONE for what is none. */
enum term_paint term_severity_paint(const char *severity);

/* Do LC_ALL, LC_CTYPE or LANG say that text is UTF-8? */
bool term_has_utf8(void);

/* Marks that need UTF-8, or what stands for them where LC_ALL, LC_CTYPE or LANG say that there is none. */
const char *term_arrow(void);                         /* "\u2192", "->" */
const char *term_ellipsis(void);                      /* one column: "\u2026", "~" */
const char *term_severity_mark(const char *severity); /* one column: a shape, or its first letter */
/* One column: how high a value is, of the most there is. */
const char *term_level(uint64_t value, uint64_t most);

/* How many columns UTF-8 text takes: one for each character (there are no wide ones in what we print), none for the
 * escapes of colours. */
unsigned term_columns(const char *text);

/* Adds text cut to `width` columns, with an ellipsis in its place `at` columns from the left.  It has no colours. */
void term_add_cut(struct strbuf *line, const char *text, unsigned width, unsigned at);

/* Adds a paragraph in lines of at most `width` columns, each with so many blanks in front but the first, which begins
 * at column `at`; and the end of the last line. */
void term_add_wrapped(struct strbuf *out, const char *text, unsigned at, unsigned indent, unsigned width);

#endif
