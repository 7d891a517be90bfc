/* sha1: SHA-1 (RFC 3174) of a short message.  For identifiers that others compute with it, not for secrets. */
#ifndef LASTACK_BASE_SHA1_H
#define LASTACK_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHA1_BYTES = 20,
	SHA1_MESSAGE = 55, /* longest message: one block, with its padding */
};

void sha1(const uint8_t *message, size_t length, uint8_t digest[SHA1_BYTES]);

#endif
