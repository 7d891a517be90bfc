/* strbuf: text that grows while it is written. */
#ifndef LASTACK_BASE_STRBUF_H
#define LASTACK_BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct strbuf {
	char *text; /* NUL-terminated once anything was added; NULL before */
	size_t length;
	size_t room;
};

void strbuf_fini(struct strbuf *buf); /* accepts the zero value */
void strbuf_clear(struct strbuf *buf);
void strbuf_add(struct strbuf *buf, const char *text);
void strbuf_add_n(struct strbuf *buf, const char *text, size_t length);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_add_int(struct strbuf *buf, int64_t value);
void strbuf_trim(struct strbuf *buf); /* takes blanks, tabs and newlines off its end */
void strbuf_addf(struct strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where the next `most` characters may be written; strbuf_wrote then says where they end. */
char *strbuf_room(struct strbuf *buf, size_t most);
void strbuf_wrote(struct strbuf *buf, char *end);

/* Writes a number in decimal, without NUL; returns its end.  At most DIGITS_MOST characters. */
enum { DIGITS_MOST = 20 };
char *digits_put(char *at, int64_t value);

/* Text from outside for a terminal: bytes that are not printable UTF-8, C0, C1, DEL and bidirectional
 * controls become \xNN, so that nothing can move the cursor (reliability: O1). */
void strbuf_add_safe(struct strbuf *buf, const char *text);

/* One word of a shell: what is more than plain letters goes between quotes. */
void strbuf_add_shell(struct strbuf *buf, const char *word);

/* Writes everything to the stream and clears. */
void strbuf_flush(struct strbuf *buf, FILE *out);

#endif
