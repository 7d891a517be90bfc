/* json: writes JSON text into a strbuf, always valid UTF-8 (bytes that are none become U+FFFD); and reads the members
 * of a flat object, such as the evidence of an anomaly. */
#ifndef LASTACK_BASE_JSON_H
#define LASTACK_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* "text", quoted and escaped (RFC 8259 7). */
void json_add_string(struct strbuf *buf, const char *text);

/* Nanoseconds as seconds with nine decimals: 1795399936.061323000 */
void json_add_seconds(struct strbuf *buf, int64_t time_ns);

/* One member.  The zero value is ready to be filled, again and again. */
struct json_member {
	struct strbuf key, text; /* text: of a string, without its escapes; of anything else as it stands */
	bool is_number;          /* a whole number that fits: */
	int64_t number;
	bool begun, ended; /* in the middle of an object; at its end */
};
void json_member_fini(struct json_member *member);

/* Reads the next member of an object whose values are strings, numbers, true, false or null.  *at starts at the text.
 * False at the end (member->ended), and where it is no such object. */
bool json_next(const char **at, struct json_member *member);

/* Is it such an object, and nothing else? */
bool json_is_flat(const char *text);

#endif
