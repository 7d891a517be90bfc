/* hash: a keyed hash for the flow table, so that nobody who does not know the key can choose addresses
 * and ports that collide (reliability: S2).  SipHash-1-3 of whole 64-bit words (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012). */
#ifndef LASTACK_BASE_HASH_H
#define LASTACK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* A key from the system's random numbers. */
struct hash_key hash_key_random(void);

uint64_t hash_words(const struct hash_key *key, const uint64_t *words, size_t count);

/* The same with half a word behind them. */
uint64_t hash_tailed(const struct hash_key *key, const uint64_t *words, size_t count, uint32_t tail);

/* Of any bytes; used for fingerprints of files, where a fixed key is wanted. */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length);

#endif
