/* pool: see pool.h. */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { SLAB_BYTES = 1 << 18 };

struct slab {
	struct slab *next;
	max_align_t items[];
};

struct free_item {
	struct free_item *next;
};

void pool_init(struct pool *pool, size_t item_size, size_t budget)
{
	size_t align = sizeof(max_align_t);

	if (item_size < sizeof(struct free_item))
		item_size = sizeof(struct free_item);
	*pool = (struct pool){.item_size = (item_size + align - 1) / align * align, .budget = budget};
}

void pool_fini(struct pool *pool)
{
	for (struct slab *slab = pool->slabs, *next; slab; slab = next) {
		next = slab->next;
		free(slab);
	}
	*pool = (struct pool){0};
}

static int pool_grow(struct pool *pool)
{
	size_t count = SLAB_BYTES / pool->item_size;

	if (count < 1)
		count = 1;
	if (count > pool->budget - pool->made)
		count = pool->budget - pool->made;
	struct slab *slab = count ? malloc(sizeof *slab + count * pool->item_size) : NULL;
	if (!slab)
		return 0;
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->made += count;
	pool->fresh = (char *)slab->items;
	pool->fresh_left = count;
	return 1;
}

void *pool_take(struct pool *pool)
{
	struct free_item *item = pool->free;

	if (item) {
		pool->free = item->next;
	} else {
		if (!pool->fresh_left && !pool_grow(pool))
			return NULL;
		item = (void *)pool->fresh;
		pool->fresh += pool->item_size;
		pool->fresh_left--;
	}
	pool->taken++;
	return memset(item, 0, pool->item_size);
}

void pool_give(struct pool *pool, void *item)
{
	struct free_item *free_item = item;

	free_item->next = pool->free;
	pool->free = free_item;
	pool->taken--;
}
