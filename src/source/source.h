/* source: where frames come from.  The only folder that includes pcap.h.
 *
 * A source gives frames one after another.  Files may be pcap (both byte orders, micro- and nanoseconds,
 * modified variants) or pcapng, plain or compressed (gzip, zstd, xz and what else libarchive unpacks);
 * "-" is standard input.  Several files become one stream in the order of their packets' times; packets of
 * equal time come in the order of the files, and each file's own order is kept. */
#ifndef LASTACK_SOURCE_SOURCE_H
#define LASTACK_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/frame.h"
#include "base/strbuf.h"

/* What is known of one input, for table capture and for the progress line. */
struct source_input {
	const char *name;         /* as given; "-" for standard input.  Borrowed from the caller of source_open */
	int link_type;            /* of the first interface; -1 when not known yet */
	bool several_link_types;  /* pcapng with interfaces that differ */
	uint32_t snap_length;     /* 0 when unlimited or unknown */
	uint64_t file_bytes;      /* 0 when unknown */
	uint64_t read_bytes;      /* of the file, so far */
	uint64_t fingerprint;     /* of size and content; the same file has the same one.  0 for a pipe */
	uint64_t drops;           /* lost by the capture, as the file itself (pcapng) or the kernel tells */
	uint64_t interface_drops; /* of an interface: lost by it or its driver */
	uint64_t received;        /* of an interface: what the kernel has counted */
	bool damaged;             /* SOURCE_DAMAGED was given for it */
};

enum source_status {
	SOURCE_FRAME,    /* *frame is filled */
	SOURCE_FILTERED, /* *frame is filled, but the filter says no: count it only */
	SOURCE_IDLE, /* nothing has come for a tenth of a second: frame->time_ns is what time it is (interfaces only) */
	SOURCE_NEWS, /* an interface went down or came back: *err is the line that says so, ERR_NONE when all is well */
	SOURCE_END,
	SOURCE_DAMAGED, /* this input could not be read to its end; *err says why; others go on: call again */
};

struct source;

/* Opens files.  filter is a BPF expression or NULL; it is compiled for each link type that occurs.
 * NULL with *err when a file cannot be opened, is no capture, or the filter is wrong (ERR_USAGE). */
struct source *source_open(const char *const *names, unsigned count, const char *filter, struct err *err);

/* How interfaces are watched.  Borrowed as long as the source is open. */
struct source_live {
	const char *const *interfaces; /* "any" stands for all */
	unsigned count;
	const char *filter;    /* in the kernel; NULL: none */
	uint32_t snap_length;  /* bytes of each frame that are kept */
	uint32_t buffer_bytes; /* of the ring of each */
	bool promiscuous;
	bool opens_again; /* one that is gone is opened when it is back; else that is the end (SOURCE_END, *err) */
};

/* Opens interfaces: frames as they come, for ever.  NULL with *err. */
struct source *source_open_live(const struct source_live *how, struct err *err);

/* Brings received, drops and interface_drops up to date. */
void source_count(struct source *source);

void source_close(struct source *source); /* accepts NULL */

enum source_status source_next(struct source *source, struct frame *frame, struct err *err);

/* How many inputs there are. */
unsigned source_inputs(const struct source *source);

/* Input number `index` < count; valid until source_close. */
const struct source_input *source_input(const struct source *source, unsigned index);

/* Adds the names of the interfaces of this machine, with commas, those that are down marked. */
void source_list_interfaces(struct strbuf *names);

/* What to do for want of permission.  Always false. */
bool source_explain_permission(const char *name, struct err *err);

/* "EN10MB" for 1; NULL when unknown. */
const char *source_link_name(int link_type);

/* The version line of libpcap. */
const char *source_library_version(void);

/* That of libarchive, which unpacks. */
const char *source_unpack_version(void);

#endif
