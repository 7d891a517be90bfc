/* octets: payload as it passes, for who asked for it.  Payload is private: without --streams or --follow nothing of it
 * leaves the decoder. */
#ifndef LASTACK_CONTENT_OCTETS_H
#define LASTACK_CONTENT_OCTETS_H

#include <stdint.h>

#include "base/addr.h"
#include "base/words.h"

/* A piece of what one side sent.  Pieces may come again, out of order, overlapping, or never. */
struct octets {
	uint64_t connection; /* id */
	enum side side;      /* its sender, as known by now: sides may be exchanged later */
	const struct addr *source, *destination;
	uint16_t source_port, destination_port;
	int64_t time_ns;
	int64_t offset;      /* of the first octet, from the one behind the SYN; without SYN from the first one seen */
	const uint8_t *text; /* borrowed */
	uint32_t captured;   /* octets at text */
	uint32_t length;     /* octets that were sent; more than captured where the snap length cut */
	void **place;        /* NULL at first: the sink's own, one for each direction of each connection */
};

/* The end of a direction, after which its place is gone. */
struct octets_end {
	enum side side;
	int64_t length; /* octets sent, as far as the connection shows; pieces may be missing at the end, too */
	void *place;    /* as the sink left it; NULL when no piece came */
};

/* Functions that take them; each may fail for good, and is not called again then. */
struct octets_sink {
	void (*piece)(void *context, const struct octets *piece);
	void (*end)(void *context, const struct octets_end *end);
	void *context;
};

#endif
