/* near: which known word a person meant who wrote one that is not known.
 *
 *     struct near near = near_begin("prt");
 *     for each known word: near_offer(&near, word);
 *     if (near.word[0]) ... "did you mean '%s'?" ...
 *
 * Only words at most two letters away (inserted, left out, changed, or two neighbours swapped) count, and
 * the change must leave more of the word than it touches; the first of equally near ones wins. */
#ifndef LASTACK_BASE_NEAR_H
#define LASTACK_BASE_NEAR_H

enum { NEAR_LENGTH = 255, NEAR_LETTERS = 2 };

struct near {
	const char *wrong;          /* borrowed */
	unsigned distance;          /* of `word` */
	char word[NEAR_LENGTH + 1]; /* "" while nothing is near */
};

struct near near_begin(const char *wrong);
void near_offer(struct near *near, const char *known);

#endif
