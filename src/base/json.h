/* json: writes JSON text into a strbuf.  Always valid UTF-8: bytes that are none become U+FFFD. */
#ifndef LASTACK_BASE_JSON_H
#define LASTACK_BASE_JSON_H

#include <stdint.h>

#include "base/strbuf.h"

/* "text", quoted and escaped (RFC 8259 7). */
void json_add_string(struct strbuf *buf, const char *text);

/* Nanoseconds as seconds with nine decimals: 1795399936.061323000 */
void json_add_seconds(struct strbuf *buf, int64_t time_ns);

#endif
