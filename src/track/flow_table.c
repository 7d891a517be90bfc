/* flow_table: see flow_table.h. */
#include "track/flow_table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { FIRST_SLOTS = 1 << 11 };

void flow_table_init(struct flow_table *table)
{
	*table = (struct flow_table){.key = hash_key_random(), .mask = FIRST_SLOTS - 1};
	table->slot = mem_new(FIRST_SLOTS, sizeof *table->slot);
}

void flow_table_fini(struct flow_table *table)
{
	free(table->slot);
	*table = (struct flow_table){0};
}

/* The same for both directions: the lower endpoint first. */
uint64_t flow_table_hash(const struct flow_table *table, const struct segment *s)
{
	uint64_t words[5];
	int order = addr_compare(&s->source, &s->destination);
	bool swap = order > 0 || (order == 0 && s->source_port > s->destination_port);
	const struct addr *low = swap ? &s->destination : &s->source, *high = swap ? &s->source : &s->destination;
	uint16_t low_port = swap ? s->destination_port : s->source_port;
	uint16_t high_port = swap ? s->source_port : s->destination_port;

	words[0] = (uint64_t)low_port << 16 | high_port;
	if (addr_is_v4(low) && addr_is_v4(high)) { /* the rest of an IPv4 address is the same for all */
		memcpy((uint8_t *)words + 8, low->octet + 12, 4);
		memcpy((uint8_t *)words + 12, high->octet + 12, 4);
		return hash_words(&table->key, words, 2);
	}
	memcpy(words + 1, low->octet, 16);
	memcpy(words + 3, high->octet, 16);
	return hash_words(&table->key, words, 5);
}

static bool same_ends(const struct endpoint *from, const struct endpoint *to, const struct segment *s)
{
	return from->port == s->source_port && to->port == s->destination_port &&
	       !addr_compare(&from->ip, &s->source) && !addr_compare(&to->ip, &s->destination);
}

/* Of a table that is larger than the caches each line of a flow is a trip to memory.  Asked for together, they make one
 * trip: the hot part of both endpoints (flow.h). */
static void prefetch_flow(const struct flow *flow)
{
	enum { LINE = 64 };

	for (int side = 0; side < SIDES; side++)
		for (size_t at = 0; at < offsetof(struct endpoint, repeats.retransmitted); at += LINE)
			__builtin_prefetch((const char *)&flow->endpoint[side] + at);
}

static bool same_place(const struct endpoint *e, const struct segment *s)
{
	return e->vlan == s->vlan && e->network == s->network;
}

struct flow *flow_table_find(const struct flow_table *table, const struct segment *s, uint64_t hash, enum side *side)
{
	struct flow *adopt = NULL;
	enum side adopt_side = INITIATOR;

	for (uint64_t at = hash & table->mask; table->slot[at].flow; at = (at + 1) & table->mask) {
		struct flow *flow = table->slot[at].flow;

		if (table->slot[at].hash != hash)
			continue;
		prefetch_flow(flow);
		struct endpoint *e = flow->endpoint;
		enum side from = same_ends(&e[INITIATOR], &e[RESPONDER], s)   ? INITIATOR
				 : same_ends(&e[RESPONDER], &e[INITIATOR], s) ? RESPONDER
									      : SIDES;
		if (from == SIDES)
			continue;
		const struct endpoint *own = &e[from], *peer = &e[side_other(from)];
		bool unseen = own->vlan == VLAN_UNSEEN;
		if (same_place(own, s) || (unseen && same_place(peer, s))) {
			*side = from;
			return flow;
		}
		if (unseen && !adopt) { /* the answer comes in another VLAN */
			adopt = flow;
			adopt_side = from;
		}
	}
	*side = adopt_side;
	return adopt;
}

static void put(struct flow_slot *slot, uint64_t mask, struct flow *flow)
{
	uint64_t at = flow->hash & mask;

	while (slot[at].flow)
		at = (at + 1) & mask;
	slot[at] = (struct flow_slot){flow->hash, flow};
}

static void grow(struct flow_table *table)
{
	uint64_t mask = table->mask * 2 + 1;
	struct flow_slot *slot = mem_new(mask + 1, sizeof *slot);

	for (uint64_t i = 0; i <= table->mask; i++)
		if (table->slot[i].flow)
			put(slot, mask, table->slot[i].flow);
	free(table->slot);
	table->slot = slot;
	table->mask = mask;
}

void flow_table_add(struct flow_table *table, struct flow *flow)
{
	if (++table->count > table->mask / 2)
		grow(table);
	put(table->slot, table->mask, flow);
}

/* What stands behind the free slot moves up, unless it stands between its own place and that slot (Knuth, The Art of
 * Computer Programming 6.4, algorithm R): so no mark of deletion is needed, and the table never ages. */
void flow_table_remove(struct flow_table *table, struct flow *flow)
{
	uint64_t mask = table->mask, at = flow->hash & mask;

	while (table->slot[at].flow != flow)
		at = (at + 1) & mask;
	uint64_t hole = at;
	for (;;) {
		at = (at + 1) & mask;
		if (!table->slot[at].flow)
			break;
		uint64_t home = table->slot[at].hash & mask;
		if (((at - home) & mask) >= ((at - hole) & mask)) {
			table->slot[hole] = table->slot[at];
			hole = at;
		}
	}
	table->slot[hole].flow = NULL;
	table->count--;
}
