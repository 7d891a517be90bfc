/* ring: see ring.h.
 *
 * Positions count bytes from the beginning of time; a position modulo the size is a place.  `put` is written by one
 * thread and `taken` by the other, each on a cache line of its own.  A message that would reach over the end of the
 * memory begins anew at its start, behind a head that says so. */
#include "config.h"

#include "base/ring.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

enum { LINE = 64, ALIGN = alignof(max_align_t), SKIP = 0 };

struct head {
	alignas(ALIGN) size_t size; /* with this head; SKIP: the next one is at the start */
};

struct ring {
	alignas(LINE) atomic_size_t put;   /* all before it is written */
	alignas(LINE) atomic_size_t taken; /* all before it is read */
	alignas(LINE) atomic_bool ended, stopped, putter_sleeps, taker_sleeps;
	pthread_mutex_t mutex;
	pthread_cond_t moved;
	size_t bytes;
	size_t writing, reading; /* end of the message that is written, read */
	char *memory;
};

struct ring *ring_new(size_t bytes)
{
	struct ring *ring = aligned_alloc(LINE, sizeof *ring);

	if (!ring)
		err_no_memory();
	assert(bytes % ALIGN == 0);
	*ring = (struct ring){.bytes = bytes, .memory = mem_new(1, bytes)};
	pthread_mutex_init(&ring->mutex, NULL);
	pthread_cond_init(&ring->moved, NULL);
	return ring;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	pthread_cond_destroy(&ring->moved);
	pthread_mutex_destroy(&ring->mutex);
	free(ring->memory);
	free(ring);
}

/* Each side sets its flag before it looks once more, and the other looks at the flag after it has moved: so at least
 * one of them sees what the other has done, and nobody sleeps for ever. */
static void wake(struct ring *ring, const atomic_bool *sleeps)
{
	if (!atomic_load(sleeps))
		return;
	pthread_mutex_lock(&ring->mutex);
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->mutex);
}

static void sleep_while(struct ring *ring, atomic_bool *sleeps, bool (*idle)(const struct ring *))
{
	pthread_mutex_lock(&ring->mutex);
	atomic_store(sleeps, true);
	while (idle(ring))
		pthread_cond_wait(&ring->moved, &ring->mutex);
	atomic_store(sleeps, false);
	pthread_mutex_unlock(&ring->mutex);
}

static size_t filled(const struct ring *ring)
{
	return atomic_load(&ring->put) - atomic_load(&ring->taken);
}

/* --- putting ------------------------------------------------------------------------------------- */

static bool is_half_full(const struct ring *ring)
{
	return filled(ring) > ring->bytes / 2 && !atomic_load(&ring->stopped);
}

/* Room for so many more bytes.  False: it was stopped. */
static bool wait_for_room(struct ring *ring, size_t size)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);

	if (put + size - atomic_load_explicit(&ring->taken, memory_order_acquire) > ring->bytes) {
		wake(ring, &ring->taker_sleeps);
		sleep_while(ring, &ring->putter_sleeps, is_half_full);
	}
	return !atomic_load_explicit(&ring->stopped, memory_order_relaxed);
}

void *ring_room(struct ring *ring, size_t size)
{
	size_t need = (sizeof(struct head) + size + ALIGN - 1) / ALIGN * ALIGN;
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed), left = ring->bytes - put % ring->bytes;

	assert(need <= ring->bytes / 4);
	size_t skip = need > left ? left : 0;
	if (!wait_for_room(ring, skip + need))
		return NULL;
	if (skip)
		((struct head *)(void *)(ring->memory + put % ring->bytes))->size = SKIP;
	struct head *head = (void *)(ring->memory + (put + skip) % ring->bytes);
	head->size = need;
	ring->writing = put + skip + need;
	return head + 1;
}

void ring_put(struct ring *ring)
{
	atomic_store(&ring->put, ring->writing);
	if (filled(ring) > ring->bytes / 4)
		wake(ring, &ring->taker_sleeps);
}

void ring_end(struct ring *ring)
{
	atomic_store(&ring->ended, true);
	wake(ring, &ring->taker_sleeps);
}

/* --- taking --------------------------------------------------------------------------------------- */

static bool is_empty(const struct ring *ring)
{
	return !filled(ring) && !atomic_load(&ring->ended);
}

void *ring_take(struct ring *ring)
{
	size_t at = ring->reading;

	if (at != atomic_load_explicit(&ring->taken, memory_order_relaxed)) {
		atomic_store(&ring->taken, at);
		if (filled(ring) <= ring->bytes / 2)
			wake(ring, &ring->putter_sleeps);
	}
	if (at == atomic_load_explicit(&ring->put, memory_order_acquire)) {
		sleep_while(ring, &ring->taker_sleeps, is_empty);
		if (!filled(ring))
			return NULL;
	}
	struct head *head = (void *)(ring->memory + at % ring->bytes);
	if (head->size == SKIP) {
		at += ring->bytes - at % ring->bytes;
		head = (void *)ring->memory;
	}
	ring->reading = at + head->size;
	return head + 1;
}

void ring_stop(struct ring *ring)
{
	atomic_store(&ring->stopped, true);
	wake(ring, &ring->putter_sleeps);
}
