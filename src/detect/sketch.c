/* sketch: see sketch.h. */
#include "detect/sketch.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

enum { HLL_ERROR_PERCENT = 13, FULLEST_PERCENT = 95 };

void sketch_add(struct sketch *sketch, const struct addr *ip, uint16_t port)
{
	static const struct hash_key fixed = {UINT64_C(0x6c61737461636b31), UINT64_C(0x736b657463683132)};
	uint64_t words[3] = {[2] = port};

	memcpy(words, ip->octet, sizeof ip->octet);
	uint64_t hash = hash_words(&fixed, words, 3);
	unsigned bit = hash % SKETCH_BITS, at = hash / SKETCH_BITS % SKETCH_REGISTERS;
	uint64_t rest = hash / SKETCH_BITS / SKETCH_REGISTERS | 1;
	uint8_t rank = (uint8_t)(__builtin_clzll(rest << 15) + 1);

	sketch->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	if (rank > sketch->rank[at])
		sketch->rank[at] = rank;
}

void sketch_join(struct sketch *into, const struct sketch *from)
{
	for (int i = 0; i < SKETCH_WORDS; i++)
		into->bits[i] |= from->bits[i];
	for (int i = 0; i < SKETCH_REGISTERS; i++)
		if (from->rank[i] > into->rank[i])
			into->rank[i] = from->rank[i];
}

uint32_t sketch_least(const struct sketch *sketch)
{
	int set = 0;

	for (int i = 0; i < SKETCH_WORDS; i++)
		set += __builtin_popcountll(sketch->bits[i]);
	return (uint32_t)set;
}

static uint32_t count_by_registers(const struct sketch *sketch)
{
	const double alpha = 0.709; /* for 64 registers */
	double sum = 0;

	for (int i = 0; i < SKETCH_REGISTERS; i++)
		sum += ldexp(1, -sketch->rank[i]);
	return (uint32_t)(alpha * SKETCH_REGISTERS * SKETCH_REGISTERS / sum + 0.5);
}

uint32_t sketch_count(const struct sketch *sketch, int *error_percent)
{
	uint32_t set = sketch_least(sketch);

	*error_percent = 0;
	if (!set)
		return 0;
	if (set * 100 > (uint32_t)FULLEST_PERCENT * SKETCH_BITS) {
		*error_percent = HLL_ERROR_PERCENT;
		return count_by_registers(sketch);
	}
	double load = -log(1 - (double)set / SKETCH_BITS);
	*error_percent = (int)ceil(100 * sqrt((exp(load) - load - 1) / SKETCH_BITS) / load);
	return (uint32_t)(load * SKETCH_BITS + 0.5);
}
