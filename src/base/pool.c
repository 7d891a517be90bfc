/* pool: see pool.h. */
#include "config.h"

#include "base/pool.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"

/* Memory comes in steps, the first ones small.  The others are huge pages, where the system has them: a full table is
 * walked at random, and is bound by the translation of addresses as much as by the cache. */
enum { LINE = 64, SMALL_STEP = 1 << 18, HUGE_PAGE = 1 << 21 };

struct free_item {
	struct free_item *next;
};

static size_t round_up(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

/* Addresses from the start of a huge page on: what is too much at either end is given back. */
static char *reserve(size_t size)
{
	char *range = mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before = -(uintptr_t)range & (HUGE_PAGE - 1);

	if (range == MAP_FAILED)
		err_no_memory();
	if (before)
		munmap(range, before);
	munmap(range + before + size, HUGE_PAGE - before);
	return range + before;
}

void pool_init(struct pool *pool, size_t item_size, size_t budget)
{
	if (item_size < sizeof(struct free_item))
		item_size = sizeof(struct free_item);
	item_size = round_up(item_size, item_size > LINE ? LINE : _Alignof(max_align_t));
	assert(item_size < SMALL_STEP && budget <= UINT32_MAX);
	*pool = (struct pool){
		.item_size = item_size, .budget = budget, .reserved = round_up(item_size * budget + 1, HUGE_PAGE)};
	pool->items = reserve(pool->reserved);
}

void pool_fini(struct pool *pool)
{
	if (pool->items)
		munmap(pool->items, pool->reserved);
	*pool = (struct pool){0};
}

static int pool_grow(struct pool *pool)
{
	size_t step = pool->bytes < HUGE_PAGE ? SMALL_STEP : HUGE_PAGE;
	char *from = pool->items + pool->bytes;

	if (pool->bytes + step > pool->reserved || mprotect(from, step, PROT_READ | PROT_WRITE))
		return 0;
	if (step == HUGE_PAGE)
		madvise(from, step, MADV_HUGEPAGE); /* no harm where it fails */
	pool->bytes += step;
	return 1;
}

static void *take(struct pool *pool, size_t zeroed)
{
	struct free_item *item = pool->free;

	if (item) {
		pool->free = item->next;
		pool->taken++;
		return memset(item, 0, zeroed);
	}
	if (pool->made == pool->budget || ((pool->made + 1) * pool->item_size > pool->bytes && !pool_grow(pool)))
		return NULL;
	pool->taken++;
	return pool->items + pool->made++ * pool->item_size; /* new memory is zeroed already */
}

void *pool_take(struct pool *pool)
{
	return take(pool, pool->item_size);
}

void *pool_take_raw(struct pool *pool)
{
	return take(pool, 0);
}

void pool_give(struct pool *pool, void *item)
{
	struct free_item *free_item = item;

	free_item->next = pool->free;
	pool->free = free_item;
	pool->taken--;
}
