/* life: the states of both sides of one connection as a small picture, time from left to right; and packed, for the
 * script of the page, which draws the same. */
#ifndef LASTACK_REPORT_LIFE_H
#define LASTACK_REPORT_LIFE_H

#include "base/strbuf.h"
#include "record/record.h"

enum { LIFE_STEPS = 48 }; /* of a timeline, that are drawn */

/* Draws it, in its own time: short moments are stretched, long ones shortened. */
void life_add_svg(struct strbuf *out, const struct conn_record *record);

/* Its shape, which most connections share: for each step its side, state and basis, "ISSpRSR?..."; then X and a side
 * where a RST ended it. */
void life_add_shape(struct strbuf *out, const struct conn_record *record);

/* When its steps were, two letters each, and its end: the time since the one before on a logarithmic scale, to 0.8 %.
 */
void life_add_times(struct strbuf *out, const struct conn_record *record);

#endif
