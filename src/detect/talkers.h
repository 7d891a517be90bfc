/* talkers: what is counted for each address, pair or service, in a table that never outgrows its budget.
 *
 * Theory.  Who sends enough addresses can fill any table, so something must go, and what goes must neither depend on
 * chance (the same capture gives the same rows) nor be for the sender to choose.  Entries that somebody uses stay.  Of
 * the others the one that was touched longest ago goes, first among those that were never kept: so a flood of
 * newcomers throws out newcomers, and not what has shown itself to matter.  The keyed hash says where an entry lies,
 * and decides nothing else.  What found no room, or was thrown out, is counted. */
#ifndef LASTACK_DETECT_TALKERS_H
#define LASTACK_DETECT_TALKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"

/* Of what: fields that are not part of a key are zero. */
struct talker_key {
	struct addr a, b;
	uint16_t port;
	uint16_t network; /* virtual network: the same address in two of them is two hosts */
};

/* The head of each entry; the rest of it is its owner's, zeroed in the beginning. */
struct talker {
	struct talker *chain;
	uint32_t hash;
	uint32_t users;    /* as long as there are any, it stays */
	struct list age;   /* oldest first; while in use: nowhere */
	struct list dirty; /* touched since talkers_clean; NULL: not */
	struct talker_key key;
	bool kept;
};

struct talkers {
	struct pool pool;
	struct talker **bucket;
	uint32_t mask;
	struct hash_key hash_key;
	struct list age[2]; /* of those that nobody uses: newcomers, kept ones */
	struct list dirty;
	struct talker *recent; /* the last one found; NULL */
	uint64_t refused;      /* had no room */
	uint64_t evicted;      /* kept ones that were thrown out */
};

/* Entries of that size, so many at most. */
void talkers_init(struct talkers *talkers, size_t size, uint32_t budget);
void talkers_fini(struct talkers *talkers); /* accepts the zero value */

/* The entry of a key; NULL when there is none. */
void *talkers_find(struct talkers *talkers, const struct talker_key *key);

/* The same, made where there is none; touched; NULL when all are in use. */
void *talkers_take(struct talkers *talkers, const struct talker_key *key);

/* It matters: it outlives newcomers. */
void talkers_keep(struct talkers *talkers, struct talker *talker);

/* One more user, one less. */
void talkers_hold(struct talker *talker);
void talkers_release(struct talkers *talkers, struct talker *talker);

/* To be looked at with the next tick; then talkers_next_dirty gives each once, in the order in which they were marked.
 */
void talkers_mark(struct talkers *talkers, struct talker *talker);
void *talkers_next_dirty(struct talkers *talkers);

/* Has it lost anything that could matter? */
static inline bool talkers_overflowed(const struct talkers *talkers)
{
	return talkers->refused || talkers->evicted;
}

#endif
