/* hash: see hash.h. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline struct sip sip_begin(const struct hash_key *key)
{
	return (struct sip){key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573)};
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = ROTATE(s->v1, 13) ^ s->v0;
	s->v0 = ROTATE(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = ROTATE(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = ROTATE(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = ROTATE(s->v1, 17) ^ s->v2;
	s->v2 = ROTATE(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t sip_end(struct sip *s)
{
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

struct hash_key hash_key_random(void)
{
	struct hash_key key;

	if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key)
		abort();
	return key;
}

uint64_t hash_tailed(const struct hash_key *key, const uint64_t *words, size_t count, uint32_t tail)
{
	struct sip s = sip_begin(key);

	for (size_t i = 0; i < count; i++)
		sip_word(&s, words[i]);
	sip_word(&s, (uint64_t)(count * sizeof *words + sizeof tail) << 56 | tail);
	return sip_end(&s);
}

uint64_t hash_words(const struct hash_key *key, const uint64_t *words, size_t count)
{
	struct sip s = sip_begin(key);

	for (size_t i = 0; i < count; i++)
		sip_word(&s, words[i]);
	sip_word(&s, (uint64_t)count << 59);
	return sip_end(&s);
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length)
{
	struct sip s = sip_begin(key);
	const uint8_t *at = bytes;
	uint64_t word;

	for (size_t left = length; left >= sizeof word; left -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		sip_word(&s, word);
	}
	word = (uint64_t)length << 56;
	for (size_t i = 0; i < length % sizeof word; i++)
		word |= (uint64_t)at[i] << 8 * i;
	sip_word(&s, word);
	return sip_end(&s);
}
