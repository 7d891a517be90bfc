/* ip_frag: see ip_frag.h. */
#include "decode/ip_frag.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

struct run {
	uint32_t start, end;
};

struct datagram {
	bool used;
	bool spoiled; /* contradicted itself: held only so that its later pieces are known to be of no use */
	struct ip_frag_piece key;
	int64_t first_ns;
	uint32_t end; /* of the payload, 0 while the last piece is not there */
	uint32_t runs;
	struct run run[IP_FRAG_PIECES]; /* octets that are there, in order */
	uint8_t *octets;                /* IP_FRAG_SIZE, made when first needed and kept */
};

struct ip_frag {
	struct datagram datagram[IP_FRAG_DATAGRAMS];
};

struct ip_frag *ip_frag_new(void)
{
	return mem_new(1, sizeof(struct ip_frag));
}

void ip_frag_free(struct ip_frag *frag)
{
	if (!frag)
		return;
	for (int i = 0; i < IP_FRAG_DATAGRAMS; i++)
		free(frag->datagram[i].octets);
	free(frag);
}

static bool same_datagram(const struct ip_frag_piece *a, const struct ip_frag_piece *b)
{
	/* the protocol is part of the key in IPv4 only: an IPv6 piece names what follows its own header */
	return a->id == b->id && a->v6 == b->v6 && (a->v6 || a->protocol == b->protocol) &&
	       !addr_compare(&a->source, &b->source) && !addr_compare(&a->destination, &b->destination);
}

static bool expired(const struct datagram *d, int64_t time_ns)
{
	return clock_since(time_ns, d->first_ns) > DECODE_FRAGMENT_SECONDS * NS_PER_S;
}

/* The datagram of a piece: the one that is held, or a free, expired or the oldest place. */
static struct datagram *find(struct ip_frag *frag, const struct ip_frag_piece *piece, int64_t time_ns)
{
	struct datagram *best = &frag->datagram[0];

	for (int i = 0; i < IP_FRAG_DATAGRAMS; i++) {
		struct datagram *d = &frag->datagram[i];

		if (d->used && expired(d, time_ns))
			d->used = false;
		if (d->used && same_datagram(&d->key, piece))
			return d;
		if (best->used && (!d->used || d->first_ns < best->first_ns))
			best = d;
	}
	uint8_t *octets = best->octets ? best->octets : mem_new(1, IP_FRAG_SIZE);
	*best = (struct datagram){.used = true, .key = *piece, .first_ns = time_ns, .octets = octets};
	return best;
}

/* Adds [start, end) to the runs.  False when there are too many. */
static bool add_run(struct datagram *d, uint32_t start, uint32_t end)
{
	uint32_t first = 0, last;

	while (first < d->runs && d->run[first].end < start)
		first++;
	for (last = first; last < d->runs && d->run[last].start <= end; last++) {
		start = d->run[last].start < start ? d->run[last].start : start;
		end = d->run[last].end > end ? d->run[last].end : end;
	}
	if (last == first && d->runs == IP_FRAG_PIECES)
		return false;
	memmove(&d->run[first + 1], &d->run[last], (d->runs - last) * sizeof *d->run);
	d->run[first] = (struct run){start, end};
	d->runs = d->runs - (last - first) + 1;
	return true;
}

static bool holds(const struct datagram *d, uint32_t start, uint32_t end)
{
	for (uint32_t i = 0; i < d->runs; i++)
		if (d->run[i].start <= start && end <= d->run[i].end)
			return true;
	return false;
}

/* Copies what is not there yet; true when some of it was. */
static bool fill(struct datagram *d, uint32_t start, uint32_t end, const uint8_t *octets)
{
	bool overlap = false;
	uint32_t at = start;

	for (uint32_t i = 0; i < d->runs && at < end; i++) {
		const struct run *run = &d->run[i];

		if (run->end <= at)
			continue;
		if (run->start >= end)
			break;
		overlap = true;
		if (run->start > at)
			memcpy(d->octets + at, octets + (at - start), run->start - at);
		at = run->end;
	}
	if (at < end)
		memcpy(d->octets + at, octets + (at - start), end - at);
	return overlap;
}

enum decode_reason ip_frag_add(struct ip_frag *frag, const struct ip_frag_piece *piece, const struct bytes *octets,
	int64_t time_ns, struct bytes *whole)
{
	uint32_t start = piece->offset, end = start + piece->length;

	if (!piece->length || end > IP_FRAG_SIZE - 1 || (piece->more && piece->length % 8))
		return REASON_IP_FRAGMENT_BAD;
	struct datagram *d = find(frag, piece, time_ns);
	if (d->spoiled)
		return REASON_FRAGMENT_OVERLAP;
	bool too_long = d->end && (end > d->end || (!piece->more && end != d->end));
	bool too_short = !piece->more && d->runs && d->run[d->runs - 1].end > end;
	bool copy = holds(d, start, end);
	if (too_long || too_short) {
		d->spoiled = true;
		return REASON_FRAGMENT_OVERLAP;
	}
	if (fill(d, start, end, octets->at) && piece->v6 && !copy) {
		d->spoiled = true;
		return REASON_FRAGMENT_OVERLAP;
	}
	if (!add_run(d, start, end)) {
		d->spoiled = true;
		return REASON_FRAGMENT_TOO_MANY;
	}
	if (!piece->more)
		d->end = end;
	if (!d->end || d->runs != 1 || d->run[0].start != 0 || d->run[0].end != d->end)
		return REASON_FRAGMENT_HELD;
	*whole = (struct bytes){d->octets, d->end};
	d->used = false;
	return REASONS;
}
