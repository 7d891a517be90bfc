/* sha256: SHA-256 (FIPS 180-4), for what a page says of its own script and style. */
#ifndef LASTACK_BASE_SHA256_H
#define LASTACK_BASE_SHA256_H

#include <stddef.h>

enum { SHA256_BASE64 = 45 }; /* a digest in Base64, with its NUL */

/* Of a text, in Base64 (RFC 4648 4).  Returns out. */
char *sha256_base64(const char *text, size_t length, char out[SHA256_BASE64]);

#endif
