/* pool: items of one size in one range of addresses, within a budget.
 *
 * The only allocator of the packet path.  The addresses for all items are reserved in the beginning, memory is taken
 * for them as they are needed: so an item is named by a number of 32 bits as well as by its pointer.  When the budget
 * is used up pool_take returns NULL, and the caller gives something up by its own policy; nothing is returned to the
 * system before pool_fini. */
#ifndef LASTACK_BASE_POOL_H
#define LASTACK_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	size_t item_size; /* bytes, rounded up: to cache lines where it is longer than one */
	size_t budget;    /* items at the most */
	size_t taken;     /* items in use */
	size_t made;      /* items that have been in use */
	void *free;       /* chain of items given back */
	char *items;
	size_t bytes, reserved; /* of memory, of addresses */
};

void pool_init(struct pool *pool, size_t item_size, size_t budget);
void pool_fini(struct pool *pool); /* every item is gone; accepts the zero value */

/* A zeroed item, or NULL when the budget or the memory is used up. */
void *pool_take(struct pool *pool);

/* The same, what is in it left as it is: its owner sets all of it. */
void *pool_take_raw(struct pool *pool);
void pool_give(struct pool *pool, void *item);

/* The number of an item, below the budget, and back. */
static inline uint32_t pool_number(const struct pool *pool, const void *item)
{
	return (uint32_t)((size_t)((const char *)item - pool->items) / pool->item_size);
}

static inline void *pool_item(const struct pool *pool, uint32_t number)
{
	return pool->items + number * pool->item_size;
}

#endif
