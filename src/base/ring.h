/* ring: messages from one thread to another, in order, through a bounded piece of memory.
 *
 * One thread puts, one takes.  Whoever is ahead waits: who puts when there is no room, who takes when there is nothing;
 * each is woken only once a good part of the memory is filled, or free, so that threads of like speed do not wake each
 * other for every message. */
#ifndef LASTACK_BASE_RING_H
#define LASTACK_BASE_RING_H

#include <stddef.h>

struct ring;

/* So many bytes; a message may take a quarter of them. */
struct ring *ring_new(size_t bytes);
void ring_free(struct ring *ring); /* no thread uses it any more; accepts NULL */

/* Room for a message of `size` bytes, aligned for any type, where it is written; ring_put then hands it over.  NULL: it
 * was stopped (ring_stop). */
void *ring_room(struct ring *ring, size_t size);
void ring_put(struct ring *ring);

/* The oldest message, valid until the next call; NULL once there is none and ring_end was called. */
void *ring_take(struct ring *ring);

/* By who puts: there are no more. */
void ring_end(struct ring *ring);

/* By who takes: takes no more; whoever puts does not wait for it. */
void ring_stop(struct ring *ring);

#endif
