/* pool: see pool.h. */
#include "base/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The first slab is small.  Those after it are huge pages, where the system has them: a full table is walked at random,
 * and is bound by the translation of addresses as much as by the cache. */
enum { SLAB_BYTES = 1 << 18, HUGE_BYTES = 1 << 21 };

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
	assert(item_size < SLAB_BYTES / 2);
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

static struct slab *slab_new(const struct pool *pool, size_t *bytes)
{
	struct slab *slab = NULL;

	*bytes = SLAB_BYTES;
	if (pool->slabs && !posix_memalign((void **)&slab, HUGE_BYTES, HUGE_BYTES)) {
		madvise(slab, HUGE_BYTES, MADV_HUGEPAGE); /* no harm where it fails */
		*bytes = HUGE_BYTES;
	}
	return slab ? slab : malloc(SLAB_BYTES);
}

static int pool_grow(struct pool *pool)
{
	size_t left = pool->budget - pool->made, bytes;
	struct slab *slab = left ? slab_new(pool, &bytes) : NULL;

	if (!slab)
		return 0;
	size_t count = (bytes - sizeof *slab) / pool->item_size;
	if (count > left)
		count = left;
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
