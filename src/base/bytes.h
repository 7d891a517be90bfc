/* bytes: the bounds-checked reader, and the only place that touches bytes of packets and capture files.
 *
 * A struct bytes is what is left to read.  Every reader either takes what it asked for and returns true,
 * or takes nothing and returns false; nothing can move before the start or behind the end.  Lengths are
 * compared with what is left, never added to a position, so they cannot wrap (reliability: D1, D2). */
#ifndef LASTACK_BASE_BYTES_H
#define LASTACK_BASE_BYTES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at; /* borrowed */
	size_t left;
};

static inline bool bytes_skip(struct bytes *b, size_t n)
{
	if (n > b->left)
		return false;
	b->at += n;
	b->left -= n;
	return true;
}

/* Forgets what lies beyond the first n bytes; a larger n changes nothing. */
static inline void bytes_clip(struct bytes *b, size_t n)
{
	if (n < b->left)
		b->left = n;
}

/* Moves n bytes from the front of b into *part. */
static inline bool bytes_take(struct bytes *b, size_t n, struct bytes *part)
{
	if (n > b->left)
		return false;
	part->at = b->at;
	part->left = n;
	b->at += n;
	b->left -= n;
	return true;
}

/* Looks at the byte `offset` from here without taking it. */
static inline bool bytes_peek_u8(const struct bytes *b, size_t offset, uint8_t *v)
{
	if (offset >= b->left)
		return false;
	*v = b->at[offset];
	return true;
}

/* Numbers in network byte order inside a piece that was taken whole: its caller knows that they are there. */
static inline uint16_t bytes_get_u16(const struct bytes *piece, size_t offset)
{
	assert(offset + 2 <= piece->left);
	return (uint16_t)(piece->at[offset] << 8 | piece->at[offset + 1]);
}

static inline uint32_t bytes_get_u32(const struct bytes *piece, size_t offset)
{
	assert(offset + 4 <= piece->left);
	const uint8_t *at = piece->at + offset;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline bool bytes_u8(struct bytes *b, uint8_t *v)
{
	if (b->left < 1)
		return false;
	*v = b->at[0];
	return bytes_skip(b, 1);
}

/* Network byte order. */
static inline bool bytes_u16(struct bytes *b, uint16_t *v)
{
	if (b->left < 2)
		return false;
	*v = (uint16_t)(b->at[0] << 8 | b->at[1]);
	return bytes_skip(b, 2);
}

static inline bool bytes_u32(struct bytes *b, uint32_t *v)
{
	if (b->left < 4)
		return false;
	*v = (uint32_t)b->at[0] << 24 | (uint32_t)b->at[1] << 16 | (uint32_t)b->at[2] << 8 | b->at[3];
	return bytes_skip(b, 4);
}

/* Little-endian, for the headers that are written so (radiotap, pcapng of most machines). */
static inline bool bytes_u16_le(struct bytes *b, uint16_t *v)
{
	if (b->left < 2)
		return false;
	*v = (uint16_t)(b->at[1] << 8 | b->at[0]);
	return bytes_skip(b, 2);
}

static inline bool bytes_u32_le(struct bytes *b, uint32_t *v)
{
	if (b->left < 4)
		return false;
	*v = (uint32_t)b->at[3] << 24 | (uint32_t)b->at[2] << 16 | (uint32_t)b->at[1] << 8 | b->at[0];
	return bytes_skip(b, 4);
}

#endif
