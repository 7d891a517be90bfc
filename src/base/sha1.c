/* sha1: see sha1.h. */
#include "base/sha1.h"

#include <assert.h>
#include <string.h>

static uint32_t rotate(uint32_t x, int bits)
{
	return x << bits | x >> (32 - bits);
}

static void put_u32(uint8_t *at, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(x >> (24 - 8 * i));
}

/* The words of the message, and what RFC 3174 6.1 makes of them. */
static void expand(const uint8_t block[64], uint32_t w[80])
{
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
}

/* RFC 3174 6.1 (d), with the function and the constant of one of its four parts. */
#define ROUND(f)                                                                                                       \
	do {                                                                                                           \
		uint32_t next = rotate(a, 5) + (f) + e + w[i];                                                         \
                                                                                                                       \
		e = d;                                                                                                 \
		d = c;                                                                                                 \
		c = rotate(b, 30);                                                                                     \
		b = a;                                                                                                 \
		a = next;                                                                                              \
	} while (0)

void sha1(const uint8_t *message, size_t length, uint8_t digest[SHA1_BYTES])
{
	static const uint32_t start[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint32_t a = start[0], b = start[1], c = start[2], d = start[3], e = start[4], w[80];
	uint8_t block[64] = {0};

	assert(length <= SHA1_MESSAGE);
	memcpy(block, message, length);
	block[length] = 0x80;
	put_u32(block + 60, (uint32_t)length * 8);
	expand(block, w);
	int i = 0;
	for (; i < 20; i++)
		ROUND((d ^ (b & (c ^ d))) + 0x5a827999);
	for (; i < 40; i++)
		ROUND((b ^ c ^ d) + 0x6ed9eba1);
	for (; i < 60; i++)
		ROUND(((b & c) | (d & (b | c))) + 0x8f1bbcdc);
	for (; i < 80; i++)
		ROUND((b ^ c ^ d) + 0xca62c1d6);
	put_u32(digest, start[0] + a);
	put_u32(digest + 4, start[1] + b);
	put_u32(digest + 8, start[2] + c);
	put_u32(digest + 12, start[3] + d);
	put_u32(digest + 16, start[4] + e);
}
