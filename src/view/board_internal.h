/* board_internal: what board.c, which keeps it, and board_draw.c, which draws it, share. */
#ifndef LASTACK_VIEW_BOARD_INTERNAL_H
#define LASTACK_VIEW_BOARD_INTERNAL_H

#include "view/board.h"

enum {
	BOARD_SECONDS = 60, /* of the curves */
	BOARD_NOTES = 8,    /* lines at the bottom, at most */
	BOARD_RTTS = 512,
	BOARD_FILTER = 64,
};

struct board_row {
	struct present p;
	double rate[SIDES]; /* octets in a second; below 0: not known */
};

/* What a connection had sent by the moment before: ordered by id, as the moments are. */
struct board_sample {
	int64_t id;
	int64_t bytes[SIDES];
};

struct board_samples {
	struct board_sample *sample;
	unsigned count;
	int64_t now_ns; /* CLOCK_NONE: none yet */
	uint64_t packets, bytes;
};

struct board_second {
	uint32_t opened, closed, reset;
};

struct board_note {
	char *text;
	enum severity severity; /* SEVERITIES: news */
};

enum board_order { ORDER_ATTENTION, ORDER_RATE, ORDER_AGE, ORDER_NEWEST, ORDERS };

struct board {
	struct board_options options;
	struct board_moment moment;
	bool any;                                 /* there was a moment */
	struct board_row *slot, *row[BOARD_ROWS]; /* slots in no order, and pointers to them in that of the table */
	unsigned rows;
	uint64_t fitting; /* connections that the filters let through */

	struct board_samples before, now;
	unsigned merged; /* of `before`, in this moment */
	double packet_rate, byte_rate;

	struct board_second second[BOARD_SECONDS]; /* by its number modulo */
	int64_t second_number, walked_ns;          /* when connections were looked at last */
	int64_t rtt[BOARD_RTTS];
	unsigned rtts;
	int64_t rtt_ns; /* of connections begun in the last minute, the middle one; CLOCK_NONE */

	struct board_note note[BOARD_NOTES]; /* the newest first */

	/* how it is looked at */
	enum board_order order;
	bool paused, anomalies_only, no_time_wait, typing;
	char filter[BOARD_FILTER];
	int64_t chosen; /* id; CLOCK_NONE */
	unsigned at;    /* its row */
	unsigned top;   /* the first row, or line of text, that is shown */
	unsigned page;  /* how many are */
	char *text;     /* instead of the table; NULL */
	unsigned text_lines;
};

extern const char *const board_order_words[ORDERS];

/* Of the last so many seconds. */
struct board_second board_sum(const struct board *board, unsigned seconds, unsigned before);

#endif
