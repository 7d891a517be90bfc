/* words: see words.h. */
#include "base/words.h"

#include <string.h>
#include <strings.h>

const struct state_words state_words[TCP_STATES] = {
#define STATE(id, code, short_name, name, meaning) [TCP_##id] = {code, short_name, name, meaning},
#include "base/states.def"
#undef STATE
};

const struct outcome_words outcome_words[OUTCOMES] = {
#define OUTCOME(id, word, meaning) [OUTCOME_##id] = {word, meaning},
#include "base/outcomes.def"
#undef OUTCOME
};

const char *const basis_words[BASES] = {"proved", "presumed", "timer"};
const char basis_marks[BASES] = {'\0', '?', '*'};
const char basis_codes[BASES] = {'p', '?', '*'};
const char *const role_basis_words[ROLE_BASES] = {"syn", "syn-ack", "port", "first-packet"};
const char *const side_words[SIDES] = {"initiator", "responder"};

enum tcp_state state_from_word(const char *word)
{
	for (int i = 0; i < TCP_STATES; i++)
		if (!strcasecmp(word, state_words[i].name) || !strcasecmp(word, state_words[i].code))
			return (enum tcp_state)i;
	return TCP_UNKNOWN;
}

enum outcome outcome_from_word(const char *word)
{
	for (int i = 0; i < OUTCOMES; i++)
		if (!strcasecmp(word, outcome_words[i].word))
			return (enum outcome)i;
	return OUTCOMES;
}

bool state_from_code(const char code[2], enum tcp_state *state)
{
	for (int i = 0; i < TCP_STATES; i++)
		if (!memcmp(code, state_words[i].code, 2)) {
			*state = (enum tcp_state)i;
			return true;
		}
	return false;
}

bool basis_from_code(char code, enum basis *basis)
{
	const char *at = memchr(basis_codes, code, sizeof basis_codes);

	if (at)
		*basis = (enum basis)(at - basis_codes);
	return at;
}
