/* flow_table: from a segment's addresses and ports to its flow, or to what is kept of one (young.h, settled.h).
 *
 * The key is the unordered pair of endpoints.  Equal keys that name several flows differ in VLAN or virtual network
 * (VXLAN, Geneve): each direction of a flow keeps to those in which it was first seen.  The two directions may
 * differ from each other, as they do at some taps, mirror ports and gateways; and a connection that is routed
 * between two VLANs under one capture is two flows, not one with every segment twice.
 *
 * Theory.  A table that is larger than the caches is bound by trips to memory.  Buckets are cache lines: a look into
 * one is one trip, and 16 bits of each hash in it make a trip to a flow that is not the one sought a rare thing.
 * Whoever knows what will be looked for asks for the bucket first and for the flow then, and does something else
 * meanwhile: so many trips are one. */
#ifndef LASTACK_TRACK_FLOW_TABLE_H
#define LASTACK_TRACK_FLOW_TABLE_H

#include "base/hash.h"
#include "base/pool.h"
#include "track/flow.h"
#include "track/settled.h"
#include "track/young.h"

enum { BUCKET_SLOTS = 10 };

struct flow_bucket {
	uint16_t tag[BUCKET_SLOTS]; /* of the hash; 0: free */
	uint16_t beyond;            /* flows whose bucket this is, or that passed it, and that stand in a later one */
	uint16_t unused;
	uint32_t entry[BUCKET_SLOTS]; /* in the highest bits its kind, then its number in the pool of that */
};

/* What there is of a connection. */
enum entry_kind {
	ENTRY_FLOW,
	ENTRY_SETTLED,
	ENTRY_ATTEMPT, /* young ones */
	ENTRY_TALK,
	ENTRY_KINDS,
};

enum { FLOW_TABLE_MOST = 1 << 30 }; /* of each kind */

struct flow_table {
	struct hash_key key;
	const struct pool *items[ENTRY_KINDS];
	struct flow_bucket *bucket;
	uint64_t mask, count;
};

/* For each connection, while the table grows. */
enum { FLOW_TABLE_BYTES = 4 * sizeof(struct flow_bucket) / BUCKET_SLOTS };

/* Of the items of these pools, which are borrowed. */
void flow_table_init(struct flow_table *table, const struct pool *const items[ENTRY_KINDS]);
void flow_table_fini(struct flow_table *table); /* not the items */

uint64_t flow_table_hash(const struct flow_table *table, const struct segment *segment);

/* The segment's connection will be looked for: first its bucket is asked for, then, a while later, what there is of it,
 * as far as a segment by the book needs it. */
void flow_table_expect(const struct flow_table *table, uint64_t hash);
void flow_table_fetch(const struct flow_table *table, uint64_t hash);

/* What there is between the endpoints of a segment; each is NULL if there is none. */
struct flow_found {
	struct flow *flow;
	enum side side;      /* of the segment in it */
	bool adopts;         /* it has not heard that side, and would take it in; the other one is in another place */
	struct young *young; /* whatever its VLAN and network; not looked for where a flow has the same */
	struct settled *settled;
};

struct flow_found flow_table_find(const struct flow_table *table, const struct segment *segment, uint64_t hash);

/* Items of the pools; a hash is theirs. */
void flow_table_add(struct flow_table *table, uint64_t hash, enum entry_kind kind, const void *item);
void flow_table_remove(struct flow_table *table, uint64_t hash, enum entry_kind kind, const void *item);

/* The connection is another item from now on. */
void flow_table_replace(struct flow_table *table, uint64_t hash, enum entry_kind kind, const void *item,
	enum entry_kind new_kind, const void *new_item);

#endif
