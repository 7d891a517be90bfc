/* follow: what two sides said to each other, as text in the order in which it could be read.
 *
 * The octets of one connection are held in memory, up to a bound.  A piece is printed when all before it on its side
 * has come; where something never came, its place says so. */
#ifndef LASTACK_CONTENT_FOLLOW_H
#define LASTACK_CONTENT_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "content/octets.h"

/* Which connection: both ends, and when it was (ns, inclusive). */
struct follow_whom {
	struct addr ip[SIDES];
	uint16_t port[SIDES];
	int64_t first_ns, last_ns;
};

struct follow;

struct follow *follow_new(const struct follow_whom *whom);
void follow_free(struct follow *follow); /* accepts NULL */
struct octets_sink follow_sink(struct follow *follow);

/* Lines of the initiator begin with "> ", of the responder with "< "; what is not to be printed is a dot.  Returns how
 * many octets were printed. */
uint64_t follow_print(const struct follow *follow, FILE *out);

/* Octets that came after the bound was reached, and are not printed. */
uint64_t follow_left_out(const struct follow *follow);

#endif
