/* flow_table: from a segment's addresses and ports to its flow.
 *
 * The key is the unordered pair of endpoints.  Equal keys that name several flows differ in VLAN or virtual network
 * (VXLAN, Geneve): each direction of a flow keeps to those in which it was first seen.  The two directions may
 * differ from each other, as they do at some taps, mirror ports and gateways; and a connection that is routed
 * between two VLANs under one capture is two flows, not one with every segment twice. */
#ifndef LASTACK_TRACK_FLOW_TABLE_H
#define LASTACK_TRACK_FLOW_TABLE_H

#include "base/hash.h"
#include "track/flow.h"

struct flow_slot {
	uint64_t hash;
	struct flow *flow; /* NULL: free */
};

/* Open addressing with linear probing, at most half full: a look at a flow that is not the one sought would be a trip
 * to memory, a look at the next slot is none. */
struct flow_table {
	struct hash_key key;
	struct flow_slot *slot;
	uint64_t mask, count;
};

/* For each flow, while the table grows. */
enum { FLOW_TABLE_BYTES = 6 * sizeof(struct flow_slot) };

void flow_table_init(struct flow_table *table);
void flow_table_fini(struct flow_table *table); /* not the flows */

uint64_t flow_table_hash(const struct flow_table *table, const struct segment *segment);

/* The flow of a segment and the segment's side in it; NULL when there is none. */
struct flow *flow_table_find(
	const struct flow_table *table, const struct segment *segment, uint64_t hash, enum side *side);

void flow_table_add(struct flow_table *table, struct flow *flow); /* flow->hash is set */
void flow_table_remove(struct flow_table *table, struct flow *flow);

#endif
