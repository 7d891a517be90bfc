/* addr: an IPv4 or IPv6 address as one 16-byte value.
 *
 * IPv4 is held as ::fffe:a.b.c.d, so that one comparison and one hash serve both.  That prefix is of the block that is
 * reserved for ever (RFC 4291 2.5.5); the IPv4-mapped one, ::ffff:0:0/96, is not used for it because IPv6 packets do
 * carry such addresses, and they are other endpoints. */
#ifndef LASTACK_BASE_ADDR_H
#define LASTACK_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t octet[16];
};

enum { ADDR_TEXT = 46 }; /* room for any address as text, with its NUL */

static inline struct addr addr_from_v4(const uint8_t four[4])
{
	struct addr a = {{[10] = 0xff, [11] = 0xfe}};

	memcpy(a.octet + 12, four, 4);
	return a;
}

static inline struct addr addr_from_v6(const uint8_t sixteen[16])
{
	struct addr a;

	memcpy(a.octet, sixteen, 16);
	return a;
}

/* <0, 0, >0 in the order of the octets. */
static inline int addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->octet, b->octet, sizeof a->octet);
}

static inline bool addr_same(const struct addr *a, const struct addr *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof x);
	memcpy(y, b, sizeof y);
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]));
}

static inline bool addr_is_v4(const struct addr *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xfe};

	return memcmp(a->octet, prefix, sizeof prefix) == 0;
}

/* Writes the canonical text (RFC 5952 for IPv6) into text[ADDR_TEXT]; returns text. */
char *addr_print(const struct addr *a, char text[ADDR_TEXT]);

/* Reads an address as people write it.  False when it is none. */
bool addr_parse(const char *text, struct addr *a);

/* Reads ADDR or ADDR/LEN.  *bits counts in the 128-bit form (an IPv4 /24 gives 120). */
bool addr_parse_prefix(const char *text, struct addr *a, unsigned *bits);

/* Are the first `bits` (0 to 128) bits of a and b the same? */
bool addr_in_prefix(const struct addr *a, const struct addr *b, unsigned bits);

#endif
