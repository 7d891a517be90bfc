/* words: the vocabulary that every layer shares: states, bases, outcomes, sides.  One row each in the .def
 * files gives the enum, the words people see, and the seeds of the reference tables. */
#ifndef LASTACK_BASE_WORDS_H
#define LASTACK_BASE_WORDS_H

#include <stdbool.h>

enum tcp_state {
#define STATE(id, code, short_name, name, meaning) TCP_##id,
#include "base/states.def"
#undef STATE
	TCP_STATES,
	TCP_UNKNOWN = TCP_STATES, /* nothing was ever seen of this side */
};

enum outcome {
#define OUTCOME(id, word, meaning) OUTCOME_##id,
#include "base/outcomes.def"
#undef OUTCOME
	OUTCOMES,
};

/* How a state is known. */
enum basis {
	BASIS_PROVED,   /* a segment this endpoint sent shows it */
	BASIS_PRESUMED, /* a segment passed the tap and most likely arrived */
	BASIS_TIMER,    /* time has passed */
	BASES,
};

/* On what evidence the initiator is the initiator, best first. */
enum role_basis {
	ROLE_SYN,
	ROLE_SYN_ACK,
	ROLE_PORT,
	ROLE_FIRST_PACKET,
	ROLE_BASES,
};

enum side { INITIATOR, RESPONDER, SIDES };

struct state_words {
	const char *code, *short_name, *name, *meaning;
};

struct outcome_words {
	const char *word, *meaning;
};

extern const struct state_words state_words[TCP_STATES];
extern const struct outcome_words outcome_words[OUTCOMES];
extern const char *const basis_words[BASES]; /* "proved", "presumed", "timer" */
extern const char basis_marks[BASES];        /* in tables: '\0', '?', '*' */
extern const char basis_codes[BASES];        /* in timelines: 'p', '?', '*' */
extern const char *const role_basis_words[ROLE_BASES];
extern const char *const side_words[SIDES]; /* "initiator", "responder" */

/* By name ("FIN-WAIT-1", any case) or code; TCP_UNKNOWN when there is none. */
enum tcp_state state_from_word(const char *word);
enum outcome outcome_from_word(const char *word); /* OUTCOMES when there is none */

/* By code of a timeline; false when there is none. */
bool state_from_code(const char code[2], enum tcp_state *state);
bool basis_from_code(char code, enum basis *basis);

#endif
