/* The ring between two threads: order, content, waiting, the end and being stopped. */
#include "base/ring.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "tests/lib/tap.h"

enum { BYTES = 1 << 14, MESSAGES = 200000 };

struct message {
	uint64_t number, size;
	unsigned char text[];
};

struct taker {
	struct ring *ring;
	uint64_t taken, wrong, most; /* most: then it stops */
};

static uint64_t size_of(uint64_t number)
{
	return number * 2654435761u % 3000;
}

static void *take(void *context)
{
	struct taker *taker = context;
	struct message *m;

	while (taker->taken < taker->most && (m = ring_take(taker->ring))) {
		bool right = m->number == taker->taken && m->size == size_of(m->number);

		for (uint64_t i = 0; right && i < m->size; i += 997)
			right = m->text[i] == (unsigned char)(m->number + i);
		taker->wrong += !right;
		taker->taken++;
	}
	ring_stop(taker->ring);
	return NULL;
}

/* Puts so many messages; returns how many found room. */
static uint64_t put(struct ring *ring, uint64_t count)
{
	for (uint64_t number = 0; number < count; number++) {
		uint64_t size = size_of(number);
		struct message *m = ring_room(ring, sizeof *m + size);

		if (!m)
			return number;
		m->number = number;
		m->size = size;
		for (uint64_t i = 0; i < size; i += 997)
			m->text[i] = (unsigned char)(number + i);
		ring_put(ring);
	}
	return count;
}

static uint64_t pass(uint64_t count, uint64_t most, struct taker *taker)
{
	pthread_t thread;

	*taker = (struct taker){.ring = ring_new(BYTES), .most = most};
	pthread_create(&thread, NULL, take, taker);
	uint64_t done = put(taker->ring, count);
	ring_end(taker->ring);
	pthread_join(thread, NULL);
	ring_free(taker->ring);
	return done;
}

int main(void)
{
	struct taker taker;

	tap_ok(pass(0, UINT64_MAX, &taker) == 0 && !taker.taken, "no message, and the end");
	tap_ok(pass(1, UINT64_MAX, &taker) == 1 && taker.taken == 1, "one message waits for the end, and is taken");
	tap_ok(pass(MESSAGES, UINT64_MAX, &taker) == MESSAGES && taker.taken == MESSAGES && !taker.wrong,
		"all messages come whole and in order through a ring that holds few of them");
	uint64_t done = pass(MESSAGES, 1000, &taker);
	tap_ok(taker.taken == 1000 && done >= 1000 && done < MESSAGES, "who puts does not wait for who has stopped");
	ring_free(NULL);
	return tap_end();
}
