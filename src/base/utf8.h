/* utf8: which bytes from outside are text, and which of it may reach a terminal. */
#ifndef LASTACK_BASE_UTF8_H
#define LASTACK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length (1 to 4) of the well-formed character at a NUL-terminated text, 0 when it is malformed
 * (overlong, surrogate, beyond U+10FFFF, cut short).  *point is the code point. */
static inline size_t utf8_next(const unsigned char *at, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;

	if (n < 2) {
		*point = at[0];
		return n;
	}
	uint32_t value = at[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		value = value << 6 | (at[i] & 0x3f);
	}
	*point = value;
	return value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : n;
}

/* False for C0, DEL, C1, and the characters that reorder or hide text. */
static inline bool utf8_is_printable(uint32_t point)
{
	return !(point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x200b && point <= 0x200f) ||
		 (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0x61c ||
		 point == 0xfeff);
}

#endif
