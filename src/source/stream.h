/* stream: the bytes of one capture file or of standard input, unpacked when they are compressed.
 *
 * Unpacking is streaming, so a file that unpacks to much more than its size costs time but no memory.
 * Only filters that libarchive has inside are used: it never starts another program for a hostile file. */
#ifndef LASTACK_SOURCE_STREAM_H
#define LASTACK_SOURCE_STREAM_H

#include <stdint.h>
#include <stdio.h>

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

/* For reading on; stdio's locks are off.  Borrowed, until stream_give_file() says that whoever took it will
 * fclose it (as pcap_close does), before stream_close. */
FILE *stream_file(struct stream *stream);
void stream_give_file(struct stream *stream);

/* "gzip", or NULL when the file is not compressed. */
const char *stream_packing(const struct stream *stream);

/* Why reading stopped early; NULL when it did not, that is, at the true end of the file. */
const char *stream_trouble(const struct stream *stream);

#endif
