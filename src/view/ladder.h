/* ladder: one connection as a picture: the lifelines of both sides with their states, and what passed between them.
 *
 *     ladder_new, ladder_anomaly for each, ladder_connection, ladder_segment for each where a capture is there,
 *     ladder_lay_out; then it is printed, as text (ladder_text.c) or as SVG (ladder_svg.c), which draw the same rows.
 *
 * Theory.  Time runs down; arrows are spaced by their order, not by time, and where much time is left out a break says
 * how much.  Without segments the picture has what the row of the connection proves to have passed: the SYNs, FINs and
 * acknowledgements that brought its states.  With them each segment is in it, but not each by itself: plain data and
 * plain acknowledgements are joined into runs, and where there are still too many, the middle of what lies between two
 * important segments into one.  Important are SYN, FIN, RST, what acknowledges the first two, and the segments that
 * an anomaly rests on.
 *
 * A state stands where it became known: at the end of the arrow that brought it.  Its band is solid where it was proved
 * by then, hatched where it was presumed, dashed where only time has passed.  A state that was taken back later stands
 * in parentheses and has no band. */
#ifndef LASTACK_VIEW_LADDER_H
#define LASTACK_VIEW_LADDER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "record/anomaly.h"
#include "record/record.h"
#include "record/seen.h"
#include "view/grid.h"

struct ladder;

/* unfold: each segment by itself. */
struct ladder *ladder_new(bool unfold);
void ladder_free(struct ladder *ladder); /* accepts NULL */

/* All anomalies first, in order of time; what is needed of them is copied. */
void ladder_anomaly(struct ladder *ladder, const struct anomaly_record *row);

/* The record is borrowed until the ladder is laid out. */
void ladder_connection(struct ladder *ladder, const struct conn_record *record);

/* As seen_take, its context the ladder: in the order in which they passed. */
void ladder_segment(void *ladder, const struct seen_segment *segment);

/* After the last segment.  Then it can be printed, more than once. */
void ladder_lay_out(struct ladder *ladder);

/* For a terminal: never wider than it is (0: as for 100 columns), and without UTF-8 in ASCII.  The lines below it
 * explain the marks that it uses. */
void ladder_print(const struct ladder *ladder, FILE *out, const struct grid_style *style);

/* As an element <svg>.  Its looks are the classes of report/page/report.css. */
void ladder_add_svg(const struct ladder *ladder, struct strbuf *out);

#endif
