/* flow_table: see flow_table.h. */
#include "track/flow_table.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { LINE = 64, FIRST_BUCKETS = 1 << 8, FULL = 7 /* of BUCKET_SLOTS: on the average, before the table grows */ };

static_assert(sizeof(struct flow_bucket) == LINE, "a bucket is a cache line");

static struct flow_bucket *new_buckets(uint64_t count)
{
	struct flow_bucket *buckets = aligned_alloc(LINE, count * sizeof *buckets);

	if (!buckets)
		err_no_memory();
	return memset(buckets, 0, count * sizeof *buckets);
}

void flow_table_init(struct flow_table *table, const struct pool *const items[ENTRY_KINDS])
{
	*table = (struct flow_table){.key = hash_key_random(), .mask = FIRST_BUCKETS - 1};
	memcpy(table->items, items, sizeof table->items);
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

enum { NUMBER_BITS = 30 };

static_assert((int)FLOW_TABLE_MOST == 1 << NUMBER_BITS && ENTRY_KINDS <= 4, "kind and number share 32 bits");

static uint32_t entry_of(const struct flow_table *table, enum entry_kind kind, const void *item)
{
	return (uint32_t)kind << NUMBER_BITS | pool_number(table->items[kind], item);
}

static enum entry_kind kind_of(uint32_t entry)
{
	return (enum entry_kind)(entry >> NUMBER_BITS);
}

static void *item_of(const struct flow_table *table, uint32_t entry)
{
	return pool_item(table->items[kind_of(entry)], entry & (FLOW_TABLE_MOST - 1));
}

static const uint64_t *hash_of(const struct flow_table *table, uint32_t entry)
{
	const void *item = item_of(table, entry);

	switch (kind_of(entry)) {
	case ENTRY_FLOW:
		return &((const struct flow *)item)->hash;
	case ENTRY_SETTLED:
		return &((const struct settled *)item)->hash;
	case ENTRY_ATTEMPT:
	case ENTRY_TALK:
	case ENTRY_KINDS:
		break;
	}
	return &((const struct young *)item)->hash;
}

void flow_table_expect(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->bucket[hash & table->mask]);
}

static inline void prefetch(const void *item, size_t from, size_t bytes)
{
#pragma GCC unroll 64
	for (size_t at = from; at < bytes; at += LINE)
		__builtin_prefetch((const char *)item + at);
}

static void prefetch_item(const struct flow_table *table, uint32_t entry)
{
	const void *item = item_of(table, entry);

	switch (kind_of(entry)) {
	case ENTRY_FLOW: /* all of it: whatever a segment is, it takes more than half of the lines */
		prefetch(item, 0, sizeof(struct flow));
		break;
	case ENTRY_SETTLED:
		prefetch(item, 0, sizeof(struct settled));
		break;
	case ENTRY_TALK:
		prefetch(item, 0, LINE);
		prefetch(item, offsetof(struct young_talk, last_ns), offsetof(struct young_talk, segment));
		break;
	case ENTRY_ATTEMPT:
		prefetch(item, 0, sizeof(struct young_attempt));
		break;
	case ENTRY_KINDS:
		break;
	}
}

void flow_table_fetch(const struct flow_table *table, uint64_t hash)
{
	const struct flow_bucket *bucket = &table->bucket[hash & table->mask];
	uint16_t tag = tag_of(hash);

	for (int slot = 0; slot < BUCKET_SLOTS; slot++)
		if (bucket->tag[slot] == tag)
			prefetch_item(table, bucket->entry[slot]);
}

static bool same_ends(const struct endpoint *from, const struct endpoint *to, const struct segment *s)
{
	return from->port == s->source_port && to->port == s->destination_port && addr_same(&from->ip, &s->source) &&
	       addr_same(&to->ip, &s->destination);
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

static bool young_ends(const struct young *young, const struct segment *s)
{
	enum side from = s->source_port == young->port[INITIATOR] && addr_same(&s->source, &young->ip[INITIATOR])
				 ? INITIATOR
				 : RESPONDER,
		  to = side_other(from);

	return s->source_port == young->port[from] && s->destination_port == young->port[to] &&
	       addr_same(&s->source, &young->ip[from]) && addr_same(&s->destination, &young->ip[to]);
}

/* Looks at one more.  True: it is the segment's own flow. */
static bool look_at(struct flow_found *found, void *item, enum entry_kind kind, uint64_t hash, const struct segment *s)
{
	struct settled *settled = item;
	struct flow *flow = item;
	bool adopts;

	switch (kind) {
	case ENTRY_SETTLED:
		if (settled->hash == hash && settled_fits(settled, s))
			found->settled = settled;
		return false;
	case ENTRY_ATTEMPT:
	case ENTRY_TALK:
		if (young_ends(item, s))
			found->young = item;
		return false;
	case ENTRY_FLOW:
	case ENTRY_KINDS:
		break;
	}
	enum side side = side_of(flow, s, &adopts);
	/* the oldest one adopts: where they stand must not matter */
	if (side == SIDES || (adopts && found->adopts && found->flow->id < flow->id))
		return false;
	found->flow = flow;
	found->side = side;
	found->adopts = adopts;
	return !adopts;
}

struct flow_found flow_table_find(const struct flow_table *table, const struct segment *s, uint64_t hash)
{
	struct flow_found found = {.flow = NULL};
	uint16_t tag = tag_of(hash);

	for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		const struct flow_bucket *bucket = &table->bucket[at];

		for (int slot = 0; slot < BUCKET_SLOTS; slot++) {
			uint32_t entry = bucket->entry[slot];

			if (bucket->tag[slot] == tag && look_at(&found, item_of(table, entry), kind_of(entry), hash, s))
				return found;
		}
		if (!bucket->beyond)
			return found;
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

/* BUCKET_SLOTS: it does not stand in this one. */
static int slot_of(const struct flow_bucket *bucket, uint32_t entry)
{
	int slot = 0;

	while (slot < BUCKET_SLOTS && !(bucket->entry[slot] == entry && bucket->tag[slot]))
		slot++;
	return slot;
}

void flow_table_add(struct flow_table *table, uint64_t hash, enum entry_kind kind, const void *item)
{
	if (++table->count > (table->mask + 1) * FULL)
		grow(table);
	put(table, hash, entry_of(table, kind, item));
}

void flow_table_remove(struct flow_table *table, uint64_t hash, enum entry_kind kind, const void *item)
{
	uint32_t entry = entry_of(table, kind, item);

	table->count--;
	for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		int slot = slot_of(&table->bucket[at], entry);

		if (slot < BUCKET_SLOTS) {
			table->bucket[at].tag[slot] = 0;
			return;
		}
		table->bucket[at].beyond--;
	}
}

void flow_table_replace(struct flow_table *table, uint64_t hash, enum entry_kind kind, const void *item,
	enum entry_kind new_kind, const void *new_item)
{
	uint32_t entry = entry_of(table, kind, item);

	for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
		int slot = slot_of(&table->bucket[at], entry);

		if (slot == BUCKET_SLOTS)
			continue;
		table->bucket[at].entry[slot] = entry_of(table, new_kind, new_item);
		return;
	}
}
