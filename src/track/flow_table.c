/* flow_table: see flow_table.h. */
#include "track/flow_table.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { LINE = 64, FIRST_BUCKETS = 1 << 8, FULL = 7 /* of BUCKET_SLOTS: on the average, before the table grows */ };
#define SETTLED_BIT (UINT32_C(1) << 31)

static_assert(sizeof(struct flow_bucket) == LINE, "a bucket is a cache line");

static struct flow_bucket *new_buckets(uint64_t count)
{
	struct flow_bucket *buckets = aligned_alloc(LINE, count * sizeof *buckets);

	if (!buckets)
		err_no_memory();
	return memset(buckets, 0, count * sizeof *buckets);
}

void flow_table_init(struct flow_table *table, const struct pool *flows, const struct pool *settled)
{
	*table = (struct flow_table){
		.key = hash_key_random(), .flows = flows, .settled = settled, .mask = FIRST_BUCKETS - 1};
	table->bucket = new_buckets(FIRST_BUCKETS);
}

void flow_table_fini(struct flow_table *table)
{
	free(table->bucket);
	*table = (struct flow_table){0};
}

/* The same for both directions: the lower endpoint first. */
uint64_t flow_table_hash(const struct flow_table *table, const struct segment *s)
{
	int order = addr_compare(&s->source, &s->destination);
	bool swap = order > 0 || (order == 0 && s->source_port > s->destination_port);
	const struct addr *low = swap ? &s->destination : &s->source, *high = swap ? &s->source : &s->destination;
	uint16_t low_port = swap ? s->destination_port : s->source_port;
	uint16_t high_port = swap ? s->source_port : s->destination_port;
	uint32_t ports = (uint32_t)low_port << 16 | high_port;
	uint64_t words[4];

	if (addr_is_v4(low) && addr_is_v4(high)) { /* the rest of an IPv4 address is the same for all */
		memcpy(words, low->octet + 12, 4);
		memcpy((uint8_t *)words + 4, high->octet + 12, 4);
		return hash_tailed(&table->key, words, 1, ports);
	}
	memcpy(words, low->octet, 16);
	memcpy(words + 2, high->octet, 16);
	return hash_tailed(&table->key, words, 4, ports);
}

/* --- looking ------------------------------------------------------------------------------------- */

static uint16_t tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag ? tag : 1;
}

static bool is_settled(uint32_t entry)
{
	return entry & SETTLED_BIT;
}

static struct settled *settled_of(const struct flow_table *table, uint32_t entry)
{
	return pool_item(table->settled, entry & ~SETTLED_BIT);
}

static struct flow *flow_of(const struct flow_table *table, uint32_t entry)
{
	return pool_item(table->flows, entry);
}

static const uint64_t *hash_of(const struct flow_table *table, uint32_t entry)
{
	return is_settled(entry) ? &settled_of(table, entry)->hash : &flow_of(table, entry)->hash;
}

void flow_table_expect(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->bucket[hash & table->mask]);
}

/* All of it: whatever a segment is, it takes more than half of the lines. */
static void prefetch_flow(const struct flow *flow)
{
#pragma GCC unroll 64
	for (size_t at = 0; at < sizeof *flow; at += LINE)
		__builtin_prefetch((const char *)flow + at);
}

void flow_table_fetch(const struct flow_table *table, uint64_t hash)
{
	const struct flow_bucket *bucket = &table->bucket[hash & table->mask];
	uint16_t tag = tag_of(hash);

	for (int slot = 0; slot < BUCKET_SLOTS; slot++)
		if (bucket->tag[slot] != tag)
			continue;
		else if (is_settled(bucket->entry[slot]))
			__builtin_prefetch(settled_of(table, bucket->entry[slot]));
		else
			prefetch_flow(flow_of(table, bucket->entry[slot]));
}

static bool same_ends(const struct endpoint *from, const struct endpoint *to, const struct segment *s)
{
	return from->port == s->source_port && to->port == s->destination_port &&
	       addr_same(&from->ip, &s->source) && addr_same(&to->ip, &s->destination);
}

static bool same_place(const struct endpoint *e, const struct segment *s)
{
	return e->vlan == s->vlan && e->network == s->network;
}

/* The side of the segment's sender; SIDES: it is none of this flow's.  *adopts: the flow would take it in, for it has
 * not heard that side, and the other is in another place. */
static enum side side_of(const struct flow *flow, const struct segment *s, bool *adopts)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	enum side side = same_ends(i, r, s) ? INITIATOR : same_ends(r, i, s) ? RESPONDER : SIDES;

	*adopts = false;
	if (side == SIDES)
		return SIDES;
	const struct endpoint *own = &flow->endpoint[side], *peer = &flow->endpoint[side_other(side)];
	bool unseen = own->vlan == VLAN_UNSEEN;
	if (same_place(own, s) || (unseen && same_place(peer, s)))
		return side;
	*adopts = unseen;
	return unseen ? side : SIDES;
}

struct flow *flow_table_find(const struct flow_table *table, const struct segment *s, uint64_t hash, enum side *side,
	struct settled **settled)
{
	struct flow *adopt = NULL;
	uint16_t tag = tag_of(hash);

	*settled = NULL;
	for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		const struct flow_bucket *bucket = &table->bucket[at];

		for (int slot = 0; slot < BUCKET_SLOTS; slot++) {
			if (bucket->tag[slot] != tag)
				continue;
			if (is_settled(bucket->entry[slot])) {
				struct settled *old = settled_of(table, bucket->entry[slot]);

				if (old->hash == hash && settled_fits(old, s))
					*settled = old;
				continue;
			}
			struct flow *flow = flow_of(table, bucket->entry[slot]);
			bool adopts;
			enum side from = side_of(flow, s, &adopts);

			if (from == SIDES)
				continue;
			/* the oldest one adopts: where they stand must not matter */
			if (adopts && adopt && adopt->id < flow->id)
				continue;
			*side = from;
			if (!adopts)
				return flow;
			adopt = flow;
		}
		if (!bucket->beyond)
			return adopt;
	}
}

/* --- coming and going ----------------------------------------------------------------------------- */

static void put(struct flow_table *table, uint64_t hash, uint32_t entry)
{
	for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		struct flow_bucket *bucket = &table->bucket[at];

		for (int slot = 0; slot < BUCKET_SLOTS; slot++)
			if (!bucket->tag[slot]) {
				bucket->tag[slot] = tag_of(hash);
				bucket->entry[slot] = entry;
				return;
			}
		bucket->beyond++;
	}
}

/* Twice as many buckets.  The hashes stand with the items, which are asked for some buckets ahead. */
static void grow(struct flow_table *table)
{
	enum { AHEAD = 4 };
	struct flow_bucket *old = table->bucket;
	uint64_t old_mask = table->mask;

	table->mask = old_mask * 2 + 1;
	table->bucket = new_buckets(table->mask + 1);
	for (uint64_t at = 0; at <= old_mask; at++) {
		for (int slot = 0; at + AHEAD <= old_mask && slot < BUCKET_SLOTS; slot++)
			if (old[at + AHEAD].tag[slot])
				__builtin_prefetch(hash_of(table, old[at + AHEAD].entry[slot]));
		for (int slot = 0; slot < BUCKET_SLOTS; slot++)
			if (old[at].tag[slot])
				put(table, *hash_of(table, old[at].entry[slot]), old[at].entry[slot]);
	}
	free(old);
}

static void add(struct flow_table *table, uint64_t hash, uint32_t entry)
{
	if (++table->count > (table->mask + 1) * FULL)
		grow(table);
	put(table, hash, entry);
}

static void take_out(struct flow_table *table, uint64_t hash, uint32_t entry)
{
	table->count--;
	for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		struct flow_bucket *bucket = &table->bucket[at];

		for (int slot = 0; slot < BUCKET_SLOTS; slot++)
			if (bucket->entry[slot] == entry && bucket->tag[slot]) {
				bucket->tag[slot] = 0;
				return;
			}
		bucket->beyond--;
	}
}

void flow_table_add(struct flow_table *table, struct flow *flow)
{
	add(table, flow->hash, pool_number(table->flows, flow));
}

void flow_table_remove(struct flow_table *table, struct flow *flow)
{
	take_out(table, flow->hash, pool_number(table->flows, flow));
}

void flow_table_add_settled(struct flow_table *table, struct settled *settled)
{
	add(table, settled->hash, pool_number(table->settled, settled) | SETTLED_BIT);
}

void flow_table_remove_settled(struct flow_table *table, struct settled *settled)
{
	take_out(table, settled->hash, pool_number(table->settled, settled) | SETTLED_BIT);
}
