/* addr: see addr.h. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

/* Dotted decimal without printf: it stands on the way of every stored row. */
static void print_v4(const uint8_t *four, char *out)
{
	for (int i = 0; i < 4; i++) {
		unsigned v = four[i];

		if (v >= 100)
			*out++ = (char)('0' + v / 100);
		if (v >= 10)
			*out++ = (char)('0' + v / 10 % 10);
		*out++ = (char)('0' + v % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
}

char *addr_print(const struct addr *a, char text[ADDR_TEXT])
{
	if (addr_is_v4(a))
		print_v4(a->octet + 12, text);
	else
		inet_ntop(AF_INET6, a->octet, text, ADDR_TEXT);
	return text;
}

bool addr_parse(const char *text, struct addr *a)
{
	uint8_t raw[16];

	if (inet_pton(AF_INET, text, raw) == 1)
		*a = addr_from_v4(raw);
	else if (inet_pton(AF_INET6, text, raw) == 1)
		*a = addr_from_v6(raw);
	else
		return false;
	return true;
}

bool addr_parse_prefix(const char *text, struct addr *a, unsigned *bits)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!addr_parse(address, a))
		return false;
	unsigned width = strchr(address, ':') ? 128 : 32;
	if (!slash) {
		*bits = 128;
		return true;
	}
	char *end;
	unsigned long n = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || n > width)
		return false;
	*bits = (unsigned)n + 128 - width;
	return true;
}

bool addr_in_prefix(const struct addr *a, const struct addr *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->octet, b->octet, whole) != 0)
		return false;
	return !rest || ((a->octet[whole] ^ b->octet[whole]) >> (8 - rest)) == 0;
}
