/* near: see near.h. */
#include "base/near.h"

#include <string.h>

struct near near_begin(const char *wrong)
{
	return (struct near){.wrong = wrong, .distance = NEAR_LETTERS + 1};
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Letters to change from a to b, where a swap of neighbours is one change; exact only up to NEAR_LETTERS.
 * Optimal string alignment: three rows of the usual table are enough. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NEAR_LENGTH + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		unsigned *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b_length];
}

void near_offer(struct near *near, const char *known)
{
	size_t a = strlen(near->wrong), b = strlen(known), apart = a < b ? b - a : a - b;

	if (a > NEAR_LENGTH || b > NEAR_LENGTH || apart > NEAR_LETTERS)
		return;
	unsigned d = distance(near->wrong, a, known, b);
	if (d >= near->distance || 2 * d > b)
		return;
	near->distance = d;
	memcpy(near->word, known, b + 1);
}
