/* units: numbers as people read them in the terminal: powers of 1000, three significant digits. */
#ifndef LASTACK_VIEW_UNITS_H
#define LASTACK_VIEW_UNITS_H

#include <stdint.h>

enum { UNITS_TEXT = 32 };

/* 812, 1.24k, 18.4k, 211k, 3.27G.  Returns text. */
char *units_count(int64_t value, char text[UNITS_TEXT]);

/* The same with its unit: 812 B, 1.24 kB, 18.4 kB.  Returns text. */
char *units_bytes(int64_t value, char text[UNITS_TEXT]);

/* A span in its largest unit: 412 us, 2.10 s, 31 s, 14 min, 3 h, 12 d.  Returns text. */
char *units_span(int64_t span_ns, char text[UNITS_TEXT]);

#endif
