/* clock: times and durations, as numbers and as text.
 *
 * A time is int64_t nanoseconds since 1970-01-01 UTC: years 1678 to 2262.  Packet time is the only clock
 * of tracking; nothing here reads the wall clock except clock_wall_ns(), for the database's own notes
 * and for "2h ago" in filters. */
#ifndef LASTACK_BASE_CLOCK_H
#define LASTACK_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* "No such time"; also the mark of an unknown number in a record. */
#define CLOCK_NONE INT64_MIN

enum { CLOCK_TEXT = 40 };

/* later - earlier, 0 where that would be negative (packet times go back), without overflow. */
static inline int64_t clock_since(int64_t later_ns, int64_t earlier_ns)
{
	int64_t span;

	if (later_ns <= earlier_ns)
		return 0;
	return __builtin_sub_overflow(later_ns, earlier_ns, &span) ? INT64_MAX : span;
}

/* time + span, held inside the range of int64_t. */
static inline int64_t clock_plus(int64_t time_ns, int64_t span_ns)
{
	int64_t sum;

	if (__builtin_add_overflow(time_ns, span_ns, &sum))
		return span_ns > 0 ? INT64_MAX : INT64_MIN + 1;
	return sum;
}

/* count * span (neither is negative), held there too. */
int64_t clock_times(int count, int64_t span_ns);

/* RFC 3339 in UTC with `digits` (0, 3, 6 or 9) decimals: 2026-11-22T10:04:11.204118000Z.  Returns text. */
char *clock_print(int64_t time_ns, int digits, char text[CLOCK_TEXT]);

/* Reads RFC 3339 (with Z or an offset; without one, UTC; a date alone is its midnight), seconds since
 * the epoch ("1795399936.25"), or an age before now_ns ("90s", "15m", "2h", "3d").  False when it is none. */
bool clock_parse(const char *text, int64_t now_ns, int64_t *time_ns);

/* Reads a span: "60", "0.5", "90s", "250ms", "15m", "2h", "3d"; a bare number is seconds. */
bool clock_parse_span(const char *text, int64_t *span_ns);

/* A span for people: "12.4 ms", "6.44 s", "2 min 07 s", "3 h 05 min", "12 d 4 h".  Returns text. */
char *clock_print_span(int64_t span_ns, char text[CLOCK_TEXT]);

int64_t clock_wall_ns(void);

/* For how long something takes; its zero is nowhere. */
int64_t clock_monotonic_ns(void);

#endif
