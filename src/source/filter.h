/* filter: a BPF expression (man 7 pcap-filter), compiled once for each link type that occurs. */
#ifndef LASTACK_SOURCE_FILTER_H
#define LASTACK_SOURCE_FILTER_H

#include "base/err.h"
#include "base/frame.h"

struct filter;

/* Keeps its own copy of the expression; nothing is compiled yet. */
struct filter *filter_new(const char *expression);
void filter_free(struct filter *filter); /* accepts NULL */

/* Compiles for the link type unless that was done.  False with *err (ERR_USAGE): the whole line. */
bool filter_prepare(struct filter *filter, int link_type, struct err *err);

/* *match: does the expression hold for the frame?  False with *err when it cannot be compiled for it. */
bool filter_match(struct filter *filter, const struct frame *frame, bool *match, struct err *err);

#endif
