/* look: what a detector is given, and how it says what it found.  For the files of src/detect alone. */
#ifndef LASTACK_DETECT_LOOK_H
#define LASTACK_DETECT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/anomaly.h"
#include "detect/notes.h"
#include "track/flow.h"

struct detect;

/* One look at a connection: at a segment, or between them. */
struct look {
	const struct observation *o; /* the segment; NULL for the questions that stand between segments */
	const struct flow *flow;
	int64_t now_ns;              /* packet time */
	const struct limits *limits; /* limits->value[LIMIT_stall] */
	struct detect *detect;
};

/* A detector.  The comment above it, which the catalogue is made of, says when it is called ("on"; one or several of
 * these, with a comma in between):
 *
 *   at a segment that has been taken in, class by class in this order, if that
 *     syn synack     has SYN without ACK, or with it
 *     fin rst        has the bit
 *     repeat         repeats something, is out of order or a copy, or conflicts (observation.repeat, .conflict)
 *     window         announces a window of 0, opens one again, or moves its right edge to the left
 *     beyond         acknowledges what was not seen, or stands beyond its receiver's window
 *     odd            moves no state: numbers that do not fit, a wrong checksum; or has flags that make no sense, or a
 *                    timestamp that is older than one before
 *     late           comes after the first FIN or RST (that one included)
 *     awake          comes while somebody has asked for every segment (look_awake)
 *     first          is the first of its connection
 *   between segments (l->o NULL), if
 *     opening        it is not proved that the handshake is over; or anything was found
 *     ending         there was a FIN or a RST
 *     stalled        a side has sent three segments that nothing answered, or announces a window of 0
 *     idle           nothing has passed for a minute
 *   over             at the end of the connection
 *   many             never: it is about several connections (spread.h)
 *   capture          never: it is about the capture
 *   with CODE        never: CODE's detector finds it too */
#define DETECTOR(id) void detect_##id(const struct look *l)

#define ASK(id) DETECTOR(id);
#define CLASS(on, detectors) detectors
#include "detect/detectors.def"
#undef CLASS
#undef ASK

/* Also what is missing in a capture must not turn into certainty: SURE is only what no packet that was left out could
 * make wrong. */

struct evidence {
	const char *key;  /* one of those in the comment; NULL ends the list */
	int64_t number;   /* CLOCK_NONE: left out */
	const char *word; /* instead of the number; must outlive the program */
};
#define EVIDENCE(...) ((const struct evidence[]){__VA_ARGS__, {NULL, 0, NULL}})
#define NUMBER(key, number)                                                                                            \
	{                                                                                                              \
		key, (int64_t)(number), NULL                                                                           \
	}
#define WORD(key, word)                                                                                                \
	{                                                                                                              \
		key, 0, word                                                                                           \
	}

enum { NEITHER = SIDES }; /* the side of what is about the connection */

/* Found.  The first time a row begins, which keeps the evidence; then it is counted, and a greater confidence is taken
 * over.  Returns the row, whose severity, first_ns and packet the detector may set anew; NULL when there is no memory.
 */
struct detection *found(
	const struct look *l, enum anomaly kind, int side, enum confidence confidence, const struct evidence *evidence);

/* Adds to the evidence of a row, which may be NULL: each key once. */
void found_more(struct detection *row, const struct evidence *evidence);

/* Other evidence in the place of what the row has.  row may be NULL. */
void tell(struct detection *row, const struct evidence *evidence);

/* When what a row tells began, and in which packet.  row may be NULL. */
static inline void date_row(struct detection *row, int64_t first_ns, uint64_t packet)
{
	if (!row)
		return;
	row->first_ns = first_ns;
	row->packet = packet;
}

/* The row, if it was found already (and not withdrawn); else NULL. */
struct detection *found_before(const struct look *l, enum anomaly kind, int side);

/* It was none. */
void withdraw(const struct look *l, enum anomaly kind, int side);

/* What detectors remember of this connection: made when first asked for.  NULL: no memory. */
struct notes *look_notes(const struct look *l);

/* Those of a side; not NULL where look_notes is not. */
static inline struct side_notes *notes_of(const struct look *l, struct notes *notes, enum side side)
{
	return &notes->seat[l->flow->turned ? side_other(side) : side];
}

/* Every segment until then is wanted ("on: awake"). */
void look_awake(const struct look *l, int64_t until_ns);

/* --- how sure ------------------------------------------------------------------------------------- */

/* Something did not come from a side although it was waited for since then: LIKELY, or UNSURE where the capture has
 * lost packets of that side, or had not seen the beginning. */
enum confidence absence(const struct look *l, enum side side, int64_t since_ns);

/* It rests on the present state of a side: LIKELY where that is proved, else UNSURE. */
enum confidence model(const struct look *l, enum side side);

/* So many independent signs. */
enum confidence score(const struct look *l, int signs);

static inline enum confidence less_sure(enum confidence a, enum confidence b)
{
	return a < b ? a : b;
}

/* For how long the capture has been running. */
int64_t capture_age_ns(const struct look *l);

/* Has the capture missed octets of this side, as far as is known? */
bool has_gap(const struct look *l, enum side side);

/* --- measures -------------------------------------------------------------------------------------- */

/* A retransmission timeout of a side, as far as its round trips tell: three times the shortest, both halves, and no
 * less than the least that stacks use; a second before any is known (RFC 6298 2.1, 2.4).  Taken from round trips alone,
 * never from the copies that it judges. */
int64_t timeout_ns(const struct flow *flow, enum side side);

/* The shortest round trip of the whole path, tap -> X -> tap -> Y -> tap; 0 while unknown. */
int64_t round_trip_ns(const struct flow *flow);

/* From the last copy but one to the last; 0 where there was one only. */
int64_t gap_ns(const struct copies *copies);

/* An offset of a side as the number on the wire, for evidence; CLOCK_NONE stays. */
int64_t wire_number(const struct endpoint *e, int64_t offset);

static inline int64_t span_us(int64_t later_ns, int64_t earlier_ns)
{
	return later_ns == CLOCK_NONE || earlier_ns == CLOCK_NONE ? CLOCK_NONE
								  : clock_since(later_ns, earlier_ns) / NS_PER_US;
}

static inline int64_t limit(const struct look *l, enum limit which)
{
	return l->limits->value[which];
}

#endif
