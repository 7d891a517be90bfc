/* stream: the bytes of one capture file or of standard input, unpacked when they are compressed.
 *
 * Unpacking is streaming, so a file that unpacks to much more than its size costs time but no memory.
 * Only filters that libarchive has inside are used: it never starts another program for a hostile file. */
#ifndef LASTACK_SOURCE_STREAM_H
#define LASTACK_SOURCE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "source/source.h"

struct stream;

/* Opens input->name ("-" is standard input) and fills file_bytes and fingerprint; read_bytes is kept up to
 * date in *input, which must outlive the stream.  many: one of so many inputs that buffers should be small.
 * NULL with *err: the line about this file, its name included. */
struct stream *stream_open(struct source_input *input, bool many, struct err *err);
void stream_close(struct stream *stream); /* accepts NULL */

/* The first bytes of what is inside (16, fewer when it is shorter), without taking them. */
struct bytes stream_head(const struct stream *stream);

/* Takes the next `length` bytes, in one piece; borrowed until the next call.  NULL: there are not so many, and none was
 * taken; stream_rest then tells how many there are. */
const uint8_t *stream_take(struct stream *stream, size_t length);
size_t stream_rest(const struct stream *stream);

/* Passes over `length` bytes.  False: there were not so many. */
bool stream_skip(struct stream *stream, uint64_t length);

/* "gzip", or NULL when the file is not compressed. */
const char *stream_packing(const struct stream *stream);

/* Why reading stopped early; NULL when it did not, that is, at the true end of the file. */
const char *stream_trouble(const struct stream *stream);

#endif
