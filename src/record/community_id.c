/* community_id: see community_id.h. */
#include "record/community_id.h"

#include <string.h>

#include "base/sha1.h"

static size_t put_addr(uint8_t *at, const struct addr *a)
{
	size_t length = addr_is_v4(a) ? 4 : 16;

	memcpy(at, a->octet + 16 - length, length);
	return length;
}

static size_t put_port(uint8_t *at, uint16_t port)
{
	at[0] = (uint8_t)(port >> 8);
	at[1] = (uint8_t)port;
	return 2;
}

/* Base64 (RFC 4648 4) of a digest: six groups of three octets, and one of two. */
static void print_digest(const uint8_t digest[SHA1_BYTES], char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int i = 0; i < SHA1_BYTES; i += 3, text += 4) {
		uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 |
				 (i + 2 < SHA1_BYTES ? digest[i + 2] : 0);

		for (int j = 0; j < 4; j++)
			text[j] = letters[group >> (18 - 6 * j) & 63];
	}
	text[-1] = '=';
	*text = '\0';
}

char *community_id_print(
	const struct addr *a, uint16_t a_port, const struct addr *b, uint16_t b_port, char text[COMMUNITY_ID_TEXT])
{
	enum { PROTOCOL_TCP = 6 };
	int order = addr_compare(a, b);
	bool swap = order > 0 || (order == 0 && a_port > b_port);
	uint8_t message[SHA1_MESSAGE] = {0}, digest[SHA1_BYTES]; /* begins with the seed, 16 bits */
	size_t length = 2;

	length += put_addr(message + length, swap ? b : a);
	length += put_addr(message + length, swap ? a : b);
	message[length] = PROTOCOL_TCP;
	length += 2; /* and an octet of padding */
	length += put_port(message + length, swap ? b_port : a_port);
	length += put_port(message + length, swap ? a_port : b_port);
	sha1(message, length, digest);
	memcpy(text, "1:", 2);
	print_digest(digest, text + 2);
	return text;
}
