/* board: the live view of watch as lines of text: what is open now, in which states, and what was found last.
 *
 * Knows neither packets nor a screen.  It is shown one moment after the other, told which keys were pressed, and draws.
 */
#ifndef LASTACK_VIEW_BOARD_H
#define LASTACK_VIEW_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "record/anomaly.h"
#include "record/present.h"

enum { BOARD_ROWS = 1000 }; /* connections that can be scrolled through: the first in the order that is chosen */

struct board;

struct board_options {
	const char *interfaces, *database; /* borrowed; as the head line calls them */
	bool color;
	int64_t now_ns; /* when it began */
};

struct board *board_new(const struct board_options *options);
void board_free(struct board *board); /* accepts NULL */

/* --- what it is shown ------------------------------------------------------------------------------ */

/* All counts since the start, but for `held`. */
struct board_moment {
	int64_t now_ns;
	uint64_t packets, bytes, dropped, connections;
	uint64_t held[SIDES][TCP_STATES + 1]; /* open connections by the states of their sides */
	uint64_t waiting;                     /* rows that the disk does not have */
	int64_t database_bytes;
};

/* A moment begins; then come all connections that are open, by id; then it is complete. */
void board_begin(struct board *board, const struct board_moment *moment);
void board_connection(void *board, const struct present *present);
void board_complete(struct board *board);

/* No moments are wanted while it is paused. */
bool board_is_paused(const struct board *board);

/* For the lines at the bottom: an anomaly, or what happened to an interface or the disk. */
void board_anomaly(struct board *board, const struct anomaly_record *row);
void board_news(struct board *board, int64_t time_ns, const char *text);

/* A text over the table, until a key closes it: the story of a connection.  Copied; may have colours. */
void board_show(struct board *board, const char *text);

/* --- keys ------------------------------------------------------------------------------------------ */

/* Beside these, characters are themselves. */
enum board_key {
	BOARD_ENTER = '\r',
	BOARD_ESCAPE = 27,
	BOARD_ERASE = 127,
	BOARD_UP = 256,
	BOARD_DOWN,
	BOARD_PAGE_UP,
	BOARD_PAGE_DOWN,
	BOARD_HOME,
	BOARD_END,
};

/* What a key asks for that the board cannot do. */
enum board_wish {
	BOARD_NOTHING,
	BOARD_QUIT,
	BOARD_TELL, /* the story of the connection board_chosen() */
};

enum board_wish board_press(struct board *board, int key);

/* The connection at the cursor; CLOCK_NONE: there is none. */
int64_t board_chosen(const struct board *board);

/* --- what it looks like ---------------------------------------------------------------------------- */

/* Adds `height` lines of at most `width` columns, each with its end; colours as term_begin.  Returns the one that is
 * marked as chosen; `height`: none. */
unsigned board_draw(struct board *board, unsigned width, unsigned height, struct strbuf *out);

#endif
