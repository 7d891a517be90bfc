/* facts: see facts.h. */
#include "track/facts.h"

#include <assert.h>
#include <string.h>

/* A grid is read in columns. */
/* clang-format off */
/* The grid: columns are the states of RFC 9293 3.3.2, a row is one fact learned.  xx: cannot happen. */
#define CL TCP_CLOSED
#define LI TCP_LISTEN
#define SS TCP_SYN_SENT
#define SR TCP_SYN_RECEIVED
#define ES TCP_ESTABLISHED
#define F1 TCP_FIN_WAIT_1
#define F2 TCP_FIN_WAIT_2
#define CW TCP_CLOSE_WAIT
#define CG TCP_CLOSING
#define LA TCP_LAST_ACK
#define TW TCP_TIME_WAIT
#define xx TCP_STATES

static const uint8_t grid[FACTS][TCP_STATES] = {
	/*                    CL  LI  SS  SR  ES  F1  F2  CW  CG  LA  TW */
	[NUMBER_SENT_SYN] =  {SS, SS, SS, SR, ES, F1, F2, CW, CG, LA, TW},
	/* Active OPEN (3.10.1), or SEND on a listening socket.  Later it is known already: a repeated SYN. */
	[NUMBER_GOT_SYN] =   {SR, SR, SR, SR, ES, F1, F2, CW, CG, LA, TW},
	/* LISTEN: the SYN is answered at once, so S comes with it (3.10.7.2).  SYN-SENT: a SYN without ACK is a
	 * simultaneous open (3.10.7.3).  Later a SYN brings a challenge ACK and no move (RFC 5961 4). */
	[NUMBER_SYN_ACKED] = {ES, ES, ES, ES, ES, F1, F2, CW, CG, LA, TW},
	/* SYN-SENT: SYN+ACK brings R and A in one step (3.10.7.3).  CLOSED, LISTEN: the handshake was not seen.
	 * In FIN-WAIT-1 the state is not told by A: CLOSE in SYN-RECEIVED leads there too (3.10.4). */
	[NUMBER_CLOSED] =    {F1, F1, F1, F1, F1, F1, F2, LA, CG, LA, TW},
	/* CLOSE (3.10.4).  From SYN-SENT it ends the connection without a segment: a FIN that is seen anyway shows
	 * that the SYN was answered unseen. */
	[NUMBER_FIN_ACKED] = {F2, F2, F2, F2, F2, F2, F2, CL, TW, CL, TW},
	/* FIN-WAIT-1, CLOSING, LAST-ACK: 3.10.7.4, fifth check.  Elsewhere the FIN itself was missed by the tap. */
	[NUMBER_GOT_FIN] =   {CW, CW, CW, CW, CW, CG, TW, CW, CG, LA, TW},
	/* 3.10.7.4, eighth check.  In SYN-RECEIVED the segment's ACK is taken first, so A comes with it. */
	[NUMBER_GONE] =      {CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL},
	/* RST, user timeout, 2MSL timeout (3.10.8). */
};
#undef CL
#undef LI
#undef SS
#undef SR
#undef ES
#undef F1
#undef F2
#undef CW
#undef CG
#undef LA
#undef TW
#undef xx
/* clang-format on */

void facts_init(struct facts *facts)
{
	memset(facts, 0, sizeof *facts);
	facts->former_gone_ns = CLOCK_NONE;
	for (int i = 0; i < FACTS; i++)
		facts->at[i] = CLOCK_NONE;
	for (int i = 0; i < TCP_STATES; i++)
		facts->proved[i] = CLOCK_NONE;
}

/* F may come without S only in a connection whose start was not seen; then S, R and A are presumed with it. */
uint8_t facts_closure(uint8_t set)
{
	if (set & FACT_GOT_FIN)
		set |= FACT_SYN_ACKED;
	if (set & FACT_FIN_ACKED)
		set |= FACT_CLOSED;
	if (set & (FACT_SYN_ACKED | FACT_CLOSED))
		set |= FACT_GOT_SYN;
	if (set & FACT_GOT_SYN)
		set |= FACT_SENT_SYN;
	return set;
}

enum tcp_state facts_state(uint8_t set, enum close_order order)
{
	if (set & FACT_GONE || !(set & (FACT_SENT_SYN | FACT_GOT_SYN)))
		return TCP_CLOSED;
	if (!(set & FACT_GOT_SYN))
		return TCP_SYN_SENT;
	if (!(set & (FACT_CLOSED | FACT_GOT_FIN)))
		return set & FACT_SYN_ACKED ? TCP_ESTABLISHED : TCP_SYN_RECEIVED;
	if (!(set & FACT_GOT_FIN))
		return set & FACT_FIN_ACKED ? TCP_FIN_WAIT_2 : TCP_FIN_WAIT_1;
	if (!(set & FACT_CLOSED))
		return TCP_CLOSE_WAIT;
	if (order == ORDER_FIN_FIRST)
		return set & FACT_FIN_ACKED ? TCP_CLOSED : TCP_LAST_ACK;
	return set & FACT_FIN_ACKED ? TCP_TIME_WAIT : TCP_CLOSING;
}

enum tcp_state facts_next(enum tcp_state state, enum fact_number fact)
{
	return (enum tcp_state)grid[fact][state];
}

void facts_prove_more(struct facts *facts, uint8_t set, int64_t t)
{
	set = facts_closure(set);
	for (unsigned fresh = set & ~facts->must; fresh; fresh &= fresh - 1) {
		int i = __builtin_ctz(fresh);

		if (!(facts->held & 1 << i) || facts->at[i] > t)
			facts->at[i] = t;
	}
	facts->must |= set;
	facts->held |= set;
	facts->timed &= (uint8_t)~set;
}

void facts_presume_more(struct facts *facts, uint8_t set, int64_t t, enum basis basis)
{
	uint8_t fresh = facts_closure(set) & (uint8_t)~facts->held;

	for (unsigned left = fresh; left; left &= left - 1)
		facts->at[__builtin_ctz(left)] = t;
	facts->held |= fresh;
	if (basis == BASIS_TIMER)
		facts->timed |= fresh;
}

bool facts_withdraw(struct facts *facts, enum fact fact, int64_t t)
{
	uint8_t drop = (uint8_t)fact;

	if (facts->must & fact || !(facts->held & fact))
		return false;
	enum basis basis;
	struct facts_revision *revision = &facts->revised[facts->revisions++ % FACTS_REVISIONS];
	revision->state = (uint8_t)facts_now(facts, &basis, &revision->told_ns);
	revision->back_ns = t;
	for (int i = 0; i < FACTS; i++)
		if (facts_closure((uint8_t)(1 << i)) & fact)
			drop |= (uint8_t)(1 << i);
	drop &= (uint8_t)~facts->must;
	facts->held &= (uint8_t)~drop;
	facts->timed &= (uint8_t)~drop;
	return true;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Times that agree with each other: a fact is not earlier than those it implies, the order of F and H and the
 * states proved between them are kept, and nothing follows the end. */
static void settle(const struct facts *facts, int64_t at[FACTS])
{
	uint8_t held = facts->held;
	int64_t *closed = &at[NUMBER_CLOSED], *got_fin = &at[NUMBER_GOT_FIN], *fin_acked = &at[NUMBER_FIN_ACKED];

	memcpy(at, facts->at, sizeof facts->at);
	at[NUMBER_GOT_SYN] = later(at[NUMBER_GOT_SYN], at[NUMBER_SENT_SYN]);
	at[NUMBER_SYN_ACKED] = later(at[NUMBER_SYN_ACKED], at[NUMBER_GOT_SYN]);
	if (held & FACT_SYN_ACKED)
		*got_fin = later(*got_fin, at[NUMBER_SYN_ACKED]);
	*closed = later(*closed, at[NUMBER_GOT_SYN]);
	if (held & FACT_CLOSED && held & FACT_GOT_FIN) {
		if (facts->order == ORDER_CLOSED_FIRST && *got_fin < *closed)
			*(facts->must & FACT_GOT_FIN ? closed : got_fin) =
				facts->must & FACT_GOT_FIN ? *got_fin : *closed;
		else if (facts->order == ORDER_FIN_FIRST && *closed < *got_fin)
			*got_fin = *closed;
	}
	*fin_acked = later(*fin_acked, *closed);
	if (held & FACT_FIN_ACKED && held & FACT_GOT_FIN) {
		if (facts->proved[TCP_CLOSING] != CLOCK_NONE)
			*fin_acked = later(*fin_acked, *got_fin);
		else if (facts->proved[TCP_FIN_WAIT_2] != CLOCK_NONE && *got_fin < *fin_acked)
			*got_fin = later(*fin_acked, facts->proved[TCP_FIN_WAIT_2]);
	}
	for (int i = 0; i < NUMBER_GONE; i++)
		if (held & 1 << i)
			at[NUMBER_GONE] = later(at[NUMBER_GONE], at[i]);
}

static enum close_order order_of(const struct facts *facts, const int64_t at[FACTS])
{
	if (facts->order)
		return (enum close_order)facts->order;
	return at[NUMBER_GOT_FIN] < at[NUMBER_CLOSED] ? ORDER_FIN_FIRST : ORDER_CLOSED_FIRST;
}

/* The arrows of RFC 9293 figure 5 that a proof of both ends makes certain: no other state can have been between.  Not
 * among them: SYN-RECEIVED to FIN-WAIT-1 (ESTABLISHED may hide behind it) and whatever ends in CLOSED. */
static bool is_direct(enum tcp_state from, enum tcp_state to)
{
	static const uint16_t direct[TCP_STATES] = {
		[TCP_CLOSED] = 1 << TCP_SYN_SENT | 1 << TCP_SYN_RECEIVED,
		[TCP_SYN_SENT] = 1 << TCP_SYN_RECEIVED | 1 << TCP_ESTABLISHED,
		[TCP_SYN_RECEIVED] = 1 << TCP_ESTABLISHED,
		[TCP_ESTABLISHED] = 1 << TCP_FIN_WAIT_1 | 1 << TCP_CLOSE_WAIT,
		[TCP_FIN_WAIT_1] = 1 << TCP_FIN_WAIT_2 | 1 << TCP_CLOSING,
		[TCP_FIN_WAIT_2] = 1 << TCP_TIME_WAIT,
		[TCP_CLOSING] = 1 << TCP_TIME_WAIT,
		[TCP_CLOSE_WAIT] = 1 << TCP_LAST_ACK,
	};

	return direct[from] & 1 << to;
}

int facts_history(const struct facts *facts, struct facts_step steps[FACTS_STEPS])
{
	int64_t at[FACTS];
	uint8_t set = 0, left = facts->held;
	enum tcp_state state = TCP_CLOSED;
	bool sure = !facts->follows; /* is the state that the next step leaves proved? */
	int count = 0;

	settle(facts, at);
	enum close_order order = order_of(facts, at);
	while (left) {
		int next = -1;

		for (unsigned bits = left; bits; bits &= bits - 1) {
			int i = __builtin_ctz(bits);

			if (next < 0 || at[i] < at[next])
				next = i;
		}
		/* F and H of one instant go in the order that is held; so do ACK and FIN of one segment */
		if (order == ORDER_FIN_FIRST && next == NUMBER_CLOSED && left & FACT_GOT_FIN &&
			at[NUMBER_GOT_FIN] == at[NUMBER_CLOSED])
			next = NUMBER_GOT_FIN;
		if (next == NUMBER_FIN_ACKED && left & FACT_GOT_FIN && at[NUMBER_GOT_FIN] == at[next] &&
			(order == ORDER_FIN_FIRST || facts->proved[TCP_CLOSING] != CLOCK_NONE))
			next = NUMBER_GOT_FIN;
		uint8_t taken = (uint8_t)(1 << next);
		/* the handshake's facts of one instant are one step; but where a SYN without ACK was seen, SYN-SENT was
		 * entered, and left only then */
		bool sent_first = next == NUMBER_SENT_SYN && facts->proved[TCP_SYN_SENT] != CLOCK_NONE;
		if (next < NUMBER_CLOSED && !sent_first)
			for (int i = next + 1; i < NUMBER_CLOSED; i++)
				if (left & 1 << i && at[i] == at[next])
					taken |= (uint8_t)(1 << i);
		left &= (uint8_t)~taken;
		set |= taken;
		enum tcp_state entered = facts_state(facts_closure(set), order);
		if (entered == state)
			continue;
		enum tcp_state left_state = state;
		state = entered;
		/* A step is a claim about both its ends: it is proved only from a proved state and along an arrow
		 * behind which nothing hides.  Else the state is confirmed, which says nothing of where it came from.
		 */
		int64_t proved = facts->proved[state];
		sure = sure && is_direct(left_state, state);
		enum basis basis = sure && proved != CLOCK_NONE && proved <= at[next] ? BASIS_PROVED
				   : facts->timed & taken                             ? BASIS_TIMER
										      : BASIS_PRESUMED;
		sure = proved != CLOCK_NONE;
		assert(count < FACTS_STEPS);
		steps[count++] = (struct facts_step){at[next], state, basis, false};
	}
	int moves = count;
	/* A segment that was overtaken by a later one shows its state when a later state is proved already: then the
	 * state is confirmed, and the step is not claimed. */
	int64_t later_proved = INT64_MAX;
	for (int i = moves - 1; i >= 0; i--) {
		int64_t proved = facts->proved[steps[i].state];

		if (steps[i].basis == BASIS_PROVED && later_proved < steps[i].at)
			steps[i].basis = BASIS_PRESUMED;
		if (proved != CLOCK_NONE && proved < later_proved)
			later_proved = proved;
	}
	if (facts->former_gone_ns != CLOCK_NONE)
		steps[count++] = (struct facts_step){facts->former_gone_ns, TCP_CLOSED, BASIS_PROVED, true};
	for (int i = 0; i < moves && count < FACTS_STEPS; i++) {
		int64_t proved = facts->proved[steps[i].state];

		if (steps[i].basis == BASIS_PROVED || proved == CLOCK_NONE)
			continue;
		steps[count++] = (struct facts_step){proved, steps[i].state, BASIS_PROVED, true};
	}
	return count;
}

uint16_t facts_possible(const struct facts *facts, uint8_t limit)
{
	uint16_t states = 0;

	limit |= facts->must;
	for (unsigned set = 0; set <= FACTS_ALL; set++) {
		if ((set & facts->must) != facts->must || set & ~(unsigned)limit || facts_closure((uint8_t)set) != set)
			continue;
		for (int order = ORDER_CLOSED_FIRST; order <= ORDER_FIN_FIRST; order++)
			if (!facts->order || facts->order == order)
				states |= (uint16_t)(1 << facts_state((uint8_t)set, (enum close_order)order));
	}
	if (facts->must & FACT_GONE)
		states |= 1 << TCP_SYN_SENT | 1 << TCP_SYN_RECEIVED;
	return states;
}

enum tcp_state facts_current(const struct facts *facts)
{
	return facts_state(facts->held, order_of(facts, facts->at));
}

enum tcp_state facts_last(const struct facts_step *steps, int count, enum basis *basis, int64_t *since_ns)
{
	int last = -1;

	*basis = BASIS_PRESUMED;
	*since_ns = CLOCK_NONE;
	for (int i = 0; i < count; i++) {
		if (steps[i].confirm) {
			if (last >= 0 && steps[i].state == steps[last].state && steps[i].at >= steps[last].at)
				*basis = BASIS_PROVED;
			continue;
		}
		last = i;
		*basis = steps[i].basis;
		*since_ns = steps[i].at;
	}
	return last < 0 ? TCP_CLOSED : steps[last].state;
}

enum tcp_state facts_now(const struct facts *facts, enum basis *basis, int64_t *since_ns)
{
	struct facts_step steps[FACTS_STEPS];

	return facts_last(steps, facts_history(facts, steps), basis, since_ns);
}
