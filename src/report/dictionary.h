/* dictionary: texts that come again and again, each kept once and told by its number. */
#ifndef LASTACK_REPORT_DICTIONARY_H
#define LASTACK_REPORT_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/strbuf.h"

/* The zero value is empty. */
struct dictionary {
	struct strbuf texts; /* each with its NUL, in the order of their numbers */
	size_t *start;       /* where they begin */
	uint32_t count, room;
	uint32_t *slot; /* number + 1; 0: free */
	uint32_t slots;
	struct hash_key key;
};

void dictionary_fini(struct dictionary *dictionary); /* accepts the zero value */

/* Its number, a new one where it was not known. */
uint32_t dictionary_add(struct dictionary *dictionary, const char *text);

/* The text of a number below `count`. */
const char *dictionary_text(const struct dictionary *dictionary, uint32_t number);

#endif
