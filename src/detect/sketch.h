/* sketch: how many different things were seen, in 128 octets.
 *
 * Theory.  Each thing sets one of 512 bits by its hash.  So many bits, so many different things at least; and from how
 * full the bitmap is, how many there were (linear counting: Whang, Vander-Zanden and Taylor, 1990), to a few percent up
 * to 1500.  Beyond that 64 registers tell, which keep how rare a hash each of them has seen (HyperLogLog: Flajolet et
 * al., 2007), to 13 %.  The hash has a fixed key, so that the same capture always gives the same number; who chooses
 * things whose hashes collide is counted too low, never too high by more than the bits that he sets. */
#ifndef LASTACK_DETECT_SKETCH_H
#define LASTACK_DETECT_SKETCH_H

#include <stdint.h>

#include "base/addr.h"

enum { SKETCH_WORDS = 8, SKETCH_BITS = 64 * SKETCH_WORDS, SKETCH_REGISTERS = 64 };

struct sketch { /* zero is empty */
	uint64_t bits[SKETCH_WORDS];
	uint8_t rank[SKETCH_REGISTERS];
};

void sketch_add(struct sketch *sketch, const struct addr *ip, uint16_t port);

/* Adds what the other one has seen. */
void sketch_join(struct sketch *into, const struct sketch *from);

/* There were so many at least. */
uint32_t sketch_least(const struct sketch *sketch);

/* How many there were, give or take so many percent (one standard error). */
uint32_t sketch_count(const struct sketch *sketch, int *error_percent);

/* Enough different things?  Never by an error of the estimate alone. */
static inline int sketch_reaches(const struct sketch *sketch, int64_t threshold)
{
	int error;

	if (sketch_least(sketch) >= threshold)
		return 1;
	return threshold > SKETCH_BITS / 4 && sketch_count(sketch, &error) >= threshold + threshold / 8;
}

#endif
