/* facts: what is known of one endpoint, as seven facts, and the RFC 9293 state that they stand for.
 *
 * Theory.  A TCP endpoint's state is a function of seven things that happen to it, each at most once in the
 * life of a connection and never undone.  Keeping these, instead of a state, has three gains.  A proof adds a
 * fact and can never contradict an earlier proof.  A presumption that turns out wrong (a segment that was lost
 * behind the tap) is taken back by removing one fact, and everything else stays.  And the history of states is
 * not a log of first impressions: it is computed from the times of the facts with all evidence in.
 *
 * One event of the state machine is one fact added; the grid in facts.c is the machine in RFC 9293's own
 * terms, with the reason of each cell, and a test walks all of it against facts_state().
 *
 * Only the order of FACT_CLOSED and FACT_GOT_FIN is more than a set: it tells CLOSING from LAST-ACK. */
#ifndef LASTACK_TRACK_FACTS_H
#define LASTACK_TRACK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/words.h"

/* In the order in which RFC 9293 3.10.7.4 lets one segment bring them: SYN, ACK, FIN. */
enum fact_number {
	NUMBER_SENT_SYN,
	NUMBER_GOT_SYN,
	NUMBER_SYN_ACKED,
	NUMBER_CLOSED,
	NUMBER_FIN_ACKED,
	NUMBER_GOT_FIN,
	NUMBER_GONE,
	FACTS,
};

enum fact {
	FACT_SENT_SYN = 1 << NUMBER_SENT_SYN,   /* S: its SYN was sent */
	FACT_GOT_SYN = 1 << NUMBER_GOT_SYN,     /* R: the peer's SYN was received */
	FACT_SYN_ACKED = 1 << NUMBER_SYN_ACKED, /* A: it knows that its SYN is acknowledged */
	FACT_CLOSED = 1 << NUMBER_CLOSED,       /* F: it was closed: its FIN is sent, or queued behind data */
	FACT_FIN_ACKED = 1 << NUMBER_FIN_ACKED, /* G: it knows that its FIN is acknowledged */
	FACT_GOT_FIN = 1 << NUMBER_GOT_FIN,     /* H: the peer's FIN was received in order */
	FACT_GONE = 1 << NUMBER_GONE,           /* D: no connection block: reset, given up, 2MSL over */
	FACTS_ALL = (1 << FACTS) - 1,
};

enum close_order {
	ORDER_UNKNOWN,
	ORDER_CLOSED_FIRST, /* F before H: FIN-WAIT-1 was entered */
	ORDER_FIN_FIRST,    /* H before F: CLOSE-WAIT was entered */
};

/* A state that was held for a while and is not any more: what live views told then. */
struct facts_revision {
	int64_t told_ns, back_ns; /* when it was entered, as was held; when that was taken back */
	uint8_t state;
};

enum { FACTS_REVISIONS = 4 }; /* the last ones are kept */

struct facts {
	uint8_t must;               /* proved facts: only grows */
	uint8_t held;               /* held to be true: must and what is presumed */
	uint8_t timed;              /* of those: only by a timer */
	uint8_t order;              /* enum close_order, proved */
	bool follows;               /* another connection of this tuple went before, and its end is not proved */
	int64_t former_gone_ns;     /* by when its block of that one was gone: proved; CLOCK_NONE */
	int64_t at[FACTS];          /* best time of each fact in `held`, ns */
	int64_t proved[TCP_STATES]; /* by when it had entered this state, proved; CLOCK_NONE: not proved */
	uint32_t revisions;         /* states taken back; the n-th is revised[n % FACTS_REVISIONS] */
	struct facts_revision revised[FACTS_REVISIONS];
};

void facts_init(struct facts *facts);

/* The facts that a set implies, added to it. */
uint8_t facts_closure(uint8_t set);

/* The state that a set of facts stands for.  With F and H both in it and the order unknown, closed first. */
enum tcp_state facts_state(uint8_t set, enum close_order order);

/* One step of the grid: the state after an endpoint in `state` learns one more fact.  TCP_STATES: cannot happen. */
enum tcp_state facts_next(enum tcp_state state, enum fact_number fact);

void facts_prove_more(struct facts *facts, uint8_t set, int64_t t);
void facts_presume_more(struct facts *facts, uint8_t set, int64_t t, enum basis basis);

/* Proves facts by time t: what was presumed later is dated back to t. */
static inline void facts_prove(struct facts *facts, uint8_t set, int64_t t)
{
	if (set & ~facts->must) /* most segments prove what is proved already */
		facts_prove_more(facts, set, t);
}

/* Holds facts to be true from time t on, unless they are held already. */
static inline void facts_presume(struct facts *facts, uint8_t set, int64_t t, enum basis basis)
{
	if (set & ~facts->held)
		facts_presume_more(facts, set, t, basis);
}

/* Takes one presumed fact back at time t, and those that imply it.  A proved one stays: false. */
bool facts_withdraw(struct facts *facts, enum fact fact, int64_t t);

/* It has entered `state` by time t: proved. */
static inline void facts_claim(struct facts *facts, enum tcp_state state, int64_t t)
{
	if (facts->proved[state] == CLOCK_NONE)
		facts->proved[state] = t;
}

static inline bool facts_held(const struct facts *facts, uint8_t set)
{
	return (facts->held & set) == set;
}

/* The states that it can be in, a bit 1 << enum tcp_state each: every set of facts that holds the proved ones, none
 * beyond `limit`, and all that they imply.  limit FACTS_ALL: the capture may have missed anything; flow_may: it is
 * complete.  After a proved end the ports may be in use again unseen.  LISTEN counts as CLOSED. */
uint16_t facts_possible(const struct facts *facts, uint8_t limit);

/* The state now. */
enum tcp_state facts_current(const struct facts *facts);

/* The same with how it is known and since when: the end of the history. */
enum tcp_state facts_now(const struct facts *facts, enum basis *basis, int64_t *since_ns);

/* The history in hindsight: the moves in order of time, then a confirmation for each state that was proved later
 * than its move is dated; and where it took the place of another connection, the proof that this one was CLOSED before
 * all that.  Returns how many steps. */
struct facts_step {
	int64_t at;
	enum tcp_state state;
	enum basis basis;
	bool confirm;
};
enum { FACTS_STEPS = 2 * FACTS + 1 };
int facts_history(const struct facts *facts, struct facts_step steps[FACTS_STEPS]);

/* What facts_now says, from a history. */
enum tcp_state facts_last(const struct facts_step *steps, int count, enum basis *basis, int64_t *since_ns);

#endif
