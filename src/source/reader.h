/* reader: one input of a source, whatever its format.
 *
 * A format is a function that opens (row in reader.c) and one that gives the next frame.  Both report what
 * is wrong with the file through the functions below, so that every format says it in the same words. */
#ifndef LASTACK_SOURCE_READER_H
#define LASTACK_SOURCE_READER_H

#include "source/source.h"
#include "source/stream.h"

struct reader {
	/* SOURCE_FRAME, SOURCE_END or SOURCE_DAMAGED; after one of the last two, SOURCE_END for ever. */
	enum source_status (*next)(struct reader *reader, struct frame *frame, struct err *err);
	void (*close)(struct reader *reader); /* frees `format` */
	void *format;                         /* owned: what the format needs */
	struct stream *stream;                /* owned */
	struct source_input input;
	uint32_t index;   /* frame.input */
	uint64_t packets; /* given so far: the number of the last frame */
};

/* Opens the input called name as number index.  False with *err: the whole line, the name included.
 * *reader is to be closed in both cases, and must not move in between. */
bool reader_open(struct reader *reader, const char *name, uint32_t index, bool many, struct err *err);
void reader_close(struct reader *reader); /* accepts the zero value */

/* How the name is shown: "standard input" for "-". */
const char *reader_name(const struct reader *reader);

/* -- for the formats -- */

bool classic_open(struct reader *reader, struct err *err);
bool pcapng_open(struct reader *reader, struct err *err);

enum source_status reader_end(struct reader *reader);

/* The data stop inside the next packet: cut short, or unpacking or reading failed there. */
enum source_status reader_cut(struct reader *reader, struct err *err);

/* The next packet (or what stands before it) makes no sense: "damaged at packet 12: WHY". */
enum source_status reader_damaged(struct reader *reader, struct err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes the link type of an interface of the input. */
void reader_note_link(struct reader *reader, int link_type, uint32_t snap_length);

#endif
