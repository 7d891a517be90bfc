/* svg: the pieces that all pictures are made of.  Colours and type come from the classes of report/page/report.css;
 * there are no style attributes, which a strict content policy forbids. */
#ifndef LASTACK_VIEW_SVG_H
#define LASTACK_VIEW_SVG_H

#include "base/anomaly.h"
#include "base/strbuf.h"
#include "base/words.h"

/* A number as short as it can be, to a tenth. */
void svg_add_number(struct strbuf *out, double value);

/* A piece of a state's band: solid when proved, hatched when presumed, outlined when only time has passed. */
void svg_add_band(
	struct strbuf *out, double x, double y, double width, double height, enum tcp_state state, enum basis basis);

/* How high a state is in a lifeline. */
double svg_state_height(enum tcp_state state);

/* Text from this program, or text that is made safe here; class: of report.css, "" for none. */
void svg_add_text(struct strbuf *out, double x, double y, const char *class, const char *text);

/* A path; what describes it is of this program. */
__attribute__((format(printf, 3, 4))) void svg_add_path(struct strbuf *out, const char *class, const char *format, ...);

/* The shape of a severity, `size` wide, its upper left corner at x, y; SEVERITIES: none. */
void svg_add_severity(struct strbuf *out, double x, double y, double size, enum severity severity);

#endif
