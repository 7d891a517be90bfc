/* dictionary: see dictionary.h. */
#include "report/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { FIRST_SLOTS = 256 };

void dictionary_fini(struct dictionary *d)
{
	strbuf_fini(&d->texts);
	free(d->start);
	free(d->slot);
	*d = (struct dictionary){.count = 0};
}

const char *dictionary_text(const struct dictionary *d, uint32_t number)
{
	return d->texts.text + d->start[number];
}

/* The slot that has the text, or the free one where it belongs. */
static uint32_t *find(const struct dictionary *d, const char *text)
{
	uint32_t at = (uint32_t)hash_bytes(&d->key, text, strlen(text)) & (d->slots - 1);

	while (d->slot[at] && strcmp(dictionary_text(d, d->slot[at] - 1), text))
		at = (at + 1) & (d->slots - 1);
	return &d->slot[at];
}

/* At most half full. */
static void grow(struct dictionary *d)
{
	if (!d->slots)
		d->key = hash_key_random();
	d->slots = d->slots ? 2 * d->slots : FIRST_SLOTS;
	free(d->slot);
	d->slot = mem_new(d->slots, sizeof *d->slot);
	for (uint32_t i = 0; i < d->count; i++)
		*find(d, dictionary_text(d, i)) = i + 1;
}

uint32_t dictionary_add(struct dictionary *d, const char *text)
{
	if (d->slots <= 2 * d->count)
		grow(d);
	uint32_t *slot = find(d, text);
	if (*slot)
		return *slot - 1;
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : FIRST_SLOTS;
		d->start = mem_grow(d->start, d->room * sizeof *d->start);
	}
	d->start[d->count] = d->texts.length;
	strbuf_add_n(&d->texts, text, strlen(text));
	strbuf_add_char(&d->texts, '\0');
	*slot = ++d->count;
	return d->count - 1;
}
