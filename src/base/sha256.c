/* sha256: see sha256.h. */
#include "base/sha256.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, WORDS = 8, DIGEST = 32 };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
static const uint32_t rounds[BLOCK] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
	0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
	0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int bits)
{
	return x >> bits | x << (32 - bits);
}

static void expand(const uint8_t block[BLOCK], uint32_t w[BLOCK])
{
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < BLOCK; i++) {
		uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;

		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
}

static void take_block(uint32_t h[WORDS], const uint8_t block[BLOCK])
{
	uint32_t w[BLOCK], v[WORDS];

	expand(block, w);
	memcpy(v, h, sizeof v);
	for (int i = 0; i < BLOCK; i++) {
		uint32_t s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		uint32_t one = v[7] + s1 + choice + rounds[i] + w[i];

		memmove(v + 1, v, (WORDS - 1) * sizeof *v);
		v[4] += one;
		v[0] = one + s0 + majority;
	}
	for (int i = 0; i < WORDS; i++)
		h[i] += v[i];
}

static void digest(const char *text, size_t length, uint8_t out[DIGEST])
{
	uint32_t h[WORDS] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	uint64_t bits = (uint64_t)length * 8;
	uint8_t block[BLOCK];

	for (; length >= BLOCK; text += BLOCK, length -= BLOCK)
		take_block(h, (const uint8_t *)text);
	memset(block, 0, sizeof block);
	memcpy(block, text, length);
	block[length] = 0x80;
	if (length >= BLOCK - 8) {
		take_block(h, block);
		memset(block, 0, sizeof block);
	}
	for (int i = 0; i < 8; i++)
		block[BLOCK - 1 - i] = (uint8_t)(bits >> (8 * i));
	take_block(h, block);
	for (int i = 0; i < DIGEST; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

char *sha256_base64(const char *text, size_t length, char out[SHA256_BASE64])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t octets[DIGEST + 1] = {0};
	char *at = out;

	digest(text, length, octets);
	for (int i = 0; i < DIGEST; i += 3) {
		uint32_t group =
			(uint32_t)octets[i] << 16 | (uint32_t)octets[i + 1] << 8 | (i + 2 < DIGEST ? octets[i + 2] : 0);

		for (int j = 0; j < 4; j++)
			*at++ = letters[group >> (18 - 6 * j) & 63];
	}
	at[-1] = '=';
	*at = '\0';
	return out;
}
