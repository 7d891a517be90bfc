/* ladder_internal: what the files of the ladder share. */
#ifndef LASTACK_VIEW_LADDER_INTERNAL_H
#define LASTACK_VIEW_LADDER_INTERNAL_H

#include "view/ladder.h"

enum {
	LADDER_STEPS = 64,         /* of a timeline, and revisions, that are drawn */
	LADDER_ITEMS = 48,         /* more are joined, unless unfolded */
	LADDER_ITEMS_MOST = 50000, /* held at once; more are joined even then */
};

/* --- what passed (ladder.c, ladder_told.c) --------------------------------------------------------- */

enum ladder_item_kind {
	ITEM_SEGMENT, /* one; or several pure ACKs of one side */
	ITEM_RUN,     /* payload of one side */
	ITEM_TURNS,   /* of both, in turns */
	ITEM_PROBES,  /* keep-alives or window probes of one side */
	ITEM_UNSEEN,  /* what a side must have sent, and the tap did not see */
};

/* What one side sent, within an item. */
struct ladder_tally {
	int64_t segments, octets; /* with payload; of it */
	int64_t again;            /* segments that were sent again */
	int64_t lost;             /* segments that were sent again later, because they had not arrived */
	int64_t out_of_order, copies;
	int64_t unseen; /* octets that the tap did not see */
};

/* One arrow. */
struct ladder_item {
	enum ladder_item_kind kind;
	enum side side;
	bool important;            /* never joined with others */
	bool timed;                /* false: it is known only what went before */
	int64_t time_ns, until_ns; /* of its first segment, its last */
	bool syn, fin, rst, has_ack;
	bool covers; /* acknowledges the FIN of the other side */
	bool lost;   /* it passed the tap, and did not arrive */
	bool broken, strange, closed_window;
	enum seen_repeat repeat;
	int64_t count;         /* ITEM_SEGMENT: copies or ACKs joined in it; ITEM_PROBES: probes */
	int64_t copies;        /* ITEM_SEGMENT: captured so many times more */
	int64_t answers;       /* pure ACKs of the other side */
	int64_t seq, end, ack; /* as in struct seen_segment; end: of its last octet */
	int64_t after_ns;      /* it repeats what went so long before; CLOCK_NONE */
	int64_t pause_ns;      /* the longest time without a segment inside */
	struct ladder_tally tally[SIDES];
};

/* --- what became known (ladder.c) ------------------------------------------------------------------ */

struct ladder_note {
	int64_t time_ns;
	int64_t packet; /* CLOCK_NONE */
	int side;       /* SIDES: of neither */
	enum severity severity;
	char code[40];
	const char *title; /* "": not of this program's catalogue */
	int item;          /* behind which it stands; -1: at its time */
};

/* --- where what became known stands (ladder_place.c) ------------------------------------------------ */

struct ladder_place {
	int item;   /* at an end of this arrow; -1: in a row of its own, at its time */
	int before; /* with item -1: not behind this arrow; -1: any */
};

struct ladder_places {
	struct ladder_place step[LADDER_STEPS], revision[LADDER_STEPS];
};

/* --- rows from above to below (ladder_rows.c) ------------------------------------------------------ */

enum ladder_row_kind {
	LADDER_STATE, /* no arrow: a state that time, or the beginning, brought */
	LADDER_ARROW,
	LADDER_NOTE,  /* an anomaly, or a remark */
	LADDER_BREAK, /* time left out */
	LADDER_CLOCK, /* the end of 2MSL, which the capture has not reached */
};

struct ladder_band {
	enum tcp_state state; /* TCP_UNKNOWN: nothing is known */
	enum basis basis;
};

/* What stands along an arrow.  When there is no room ack gives way first, then seq, then more. */
struct ladder_label {
	char what[80], seq[56], ack[32], why[64], more[64];
};

struct ladder_row {
	enum ladder_row_kind kind;
	bool timed;
	int64_t offset_us, until_us;    /* from the first segment */
	struct ladder_band band[SIDES]; /* from this row on */
	bool enters[SIDES];             /* that state begins here: its name stands beside it */
	bool proved_later[SIDES];       /* with enters, presumed: a later segment proved it */
	enum tcp_state back[SIDES];     /* a state that was taken back; TCP_UNKNOWN: none */
	const struct ladder_item *item; /* LADDER_ARROW */
	struct ladder_label label;      /* the same */
	const struct ladder_note *note; /* LADDER_NOTE: an anomaly; NULL: a remark */
	const char *remark;             /* LADDER_NOTE, LADDER_CLOCK */
	int side;                       /* of these two */
	int64_t break_ns;               /* LADDER_BREAK: how much */
	bool time_wait;                 /* LADDER_BREAK: of 2MSL */
};

struct ladder {
	const struct conn_record *record;
	bool unfold;
	int64_t pause_ns; /* a longer time without a segment is told */
	/* what passed */
	struct ladder_item *item;
	int items, item_room;
	bool has_segments;
	bool over_full;                        /* LADDER_ITEMS_MOST were reached */
	int64_t fin_end[SIDES];                /* the number behind its FIN; CLOCK_NONE */
	bool fin_covered[SIDES], spoke[SIDES]; /* its FIN is acknowledged; it has sent more than a SYN */
	/* what became known */
	struct timeline_step step[LADDER_STEPS];
	struct revision revision[LADDER_STEPS];
	int steps, revisions;
	struct ladder_note *note;
	int notes;
	int64_t *packet; /* segments that anomalies rest on */
	int packets;
	/* the picture */
	int64_t id;
	char end[SIDES][ADDR_TEXT + 10]; /* address and port */
	double tap;                      /* where it is: 0 at the initiator, 1 at the responder */
	struct ladder_row *row;
	int rows, row_room;
};

/* A new item behind the others, zeroed but for its side and time. */
struct ladder_item *ladder_add_item(
	struct ladder *ladder, enum ladder_item_kind kind, enum side side, int64_t time_ns, int64_t until_ns);

/* Joins items until there are no more than LADDER_ITEMS, if that can be. */
void ladder_join(struct ladder *ladder);

/* The items that the row of the connection shows, where there are no segments. */
void ladder_tell(struct ladder *ladder);

/* Finds the arrows that brought the steps, and those that showed the anomalies; says which were lost. */
void ladder_place(struct ladder *ladder, struct ladder_places *places);

/* Microseconds from the first segment, rounded towards the past. */
int64_t ladder_offset_us(const struct ladder *ladder, int64_t time_ns);

/* Is what was not seen the FIN? */
bool ladder_is_unseen_fin(const struct ladder *ladder, const struct ladder_item *item);

/* What stands along the arrow of an item. */
void ladder_fill_label(const struct ladder *ladder, const struct ladder_item *item, struct ladder_label *label);

static inline enum side ladder_peer(enum side side)
{
	return side == INITIATOR ? RESPONDER : INITIATOR;
}

#endif
