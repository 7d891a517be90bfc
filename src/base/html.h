/* html: text in HTML and SVG. */
#ifndef LASTACK_BASE_HTML_H
#define LASTACK_BASE_HTML_H

#include <stdint.h>

#include "base/strbuf.h"

/* Text from outside, for an element or a quoted attribute: nothing of it is markup, and what cannot be printed is \xNN,
 * as on a terminal (reliability: O1, O3). */
void html_add(struct strbuf *out, const char *text);

/* A count for people: 412 906, in groups of three with narrow no-break spaces. */
void html_add_count(struct strbuf *out, int64_t count);

#endif
