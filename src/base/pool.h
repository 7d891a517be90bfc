/* pool: items of one size, from slabs, within a budget.
 *
 * The only allocator of the packet path.  When the budget is used up pool_take returns NULL, and the
 * caller gives something up by its own policy; nothing is ever returned to the system before pool_fini. */
#ifndef LASTACK_BASE_POOL_H
#define LASTACK_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	size_t item_size; /* bytes, rounded up to the alignment of any type */
	size_t budget;    /* items at the most */
	size_t taken;     /* items in use */
	size_t made;      /* items in the slabs */
	void *free;       /* chain of items given back */
	void *slabs;      /* chain of slabs */
	char *fresh;      /* items of the newest slab never taken yet */
	size_t fresh_left;
};

void pool_init(struct pool *pool, size_t item_size, size_t budget);
void pool_fini(struct pool *pool); /* every item is gone; accepts the zero value */

/* A zeroed item, or NULL when the budget or the memory is used up. */
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *item);

#endif
