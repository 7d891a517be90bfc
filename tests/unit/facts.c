/* The grid of states against the facts that it stands for, and histories in hindsight. */
#include "track/facts.h"

#include "tests/lib/tap.h"

static const char *name(enum tcp_state state)
{
	return state < TCP_STATES ? state_words[state].code : "--";
}

/* Every consistent set of facts, in both orders, and every fact that may come next: the grid's cell is the state of the
 * greater set. */
static void the_grid_is_the_facts(void)
{
	int cells = 0, wrong = 0;

	for (int set = 0; set <= FACTS_ALL; set++)
		for (int order = ORDER_CLOSED_FIRST; order <= ORDER_FIN_FIRST; order++) {
			if (facts_closure((uint8_t)set) != set || set & FACT_GONE)
				continue;
			/* the order is decided by the first of the two: a set with one of them allows one order only */
			if (set & FACT_CLOSED && !(set & FACT_GOT_FIN) && order == ORDER_FIN_FIRST)
				continue;
			if (set & FACT_GOT_FIN && !(set & FACT_CLOSED) && order == ORDER_CLOSED_FIRST)
				continue;
			enum tcp_state from = facts_state((uint8_t)set, (enum close_order)order);
			for (int fact = 0; fact < FACTS; fact++) {
				uint8_t next = facts_closure((uint8_t)(set | 1 << fact));
				enum tcp_state want = facts_state(next, (enum close_order)order),
					       got = facts_next(from, (enum fact_number)fact);

				/* CLOSED without a connection and CLOSED behind LAST-ACK are one column of the grid */
				if (from == TCP_CLOSED && set)
					continue;
				cells++;
				if (got != want) {
					wrong++;
					printf("# facts %02x order %d: %s + fact %d is %s in the grid, %s by facts\n",
						set, order, name(from), fact, name(got), name(want));
				}
			}
		}
	tap_ok(cells > 100 && !wrong, "each cell of the grid is the state of the facts behind it");
}

static bool history_is(const struct facts *facts, const char *wanted)
{
	struct facts_step steps[FACTS_STEPS];
	int count = facts_history(facts, steps);
	char got[200] = "";

	for (int i = 0; i < count; i++) {
		char step[8];
		const char *mark = steps[i].confirm                 ? "c"
				   : steps[i].basis == BASIS_PROVED ? ""
				   : steps[i].basis == BASIS_TIMER  ? "*"
								    : "?";

		snprintf(step, sizeof step, "%s%s%s", i ? " " : "", name(steps[i].state), mark);
		strncat(got, step, sizeof got - strlen(got) - 1);
	}
	if (!strcmp(got, wanted))
		return true;
	printf("# got %s, wanted %s\n", got, wanted);
	return false;
}

static void histories(void)
{
	struct facts f;

	facts_init(&f);
	tap_ok(history_is(&f, ""), "nothing known is an empty history");

	facts_prove(&f, FACT_SENT_SYN, 10);
	facts_claim(&f, TCP_SYN_SENT, 10);
	facts_presume(&f, FACT_GOT_SYN | FACT_SYN_ACKED, 20, BASIS_PRESUMED);
	tap_ok(history_is(&f, "SS ES?"), "a SYN+ACK moves the initiator in one step");

	facts_prove(&f, FACT_SYN_ACKED, 30);
	facts_claim(&f, TCP_ESTABLISHED, 30);
	tap_ok(history_is(&f, "SS ES? ESc") && f.at[NUMBER_SYN_ACKED] == 20,
		"a proof confirms and does not move the date forward");

	facts_presume(&f, FACT_GOT_FIN, 40, BASIS_PRESUMED);
	tap_ok(!facts_withdraw(&f, FACT_GOT_SYN, 45), "what is proved is not taken back");
	tap_ok(facts_withdraw(&f, FACT_GOT_FIN, 45) && history_is(&f, "SS ES? ESc"),
		"what is presumed leaves no trace in the history when it is");
	tap_ok(f.revisions == 1 && f.revised[0].state == TCP_CLOSE_WAIT && f.revised[0].told_ns == 40 &&
			f.revised[0].back_ns == 45,
		"but that it was told is remembered");

	facts_prove(&f, FACT_CLOSED, 50);
	f.order = ORDER_CLOSED_FIRST;
	facts_claim(&f, TCP_FIN_WAIT_1, 50);
	facts_presume(&f, FACT_FIN_ACKED | FACT_GOT_FIN, 60, BASIS_PRESUMED);
	tap_ok(history_is(&f, "SS ES? F1 F2? TW? ESc"), "of one segment the ACK is taken before the FIN");

	facts_presume(&f, FACT_GONE, 60060, BASIS_TIMER);
	tap_ok(history_is(&f, "SS ES? F1 F2? TW? CL* ESc"), "2MSL ends TIME-WAIT by timer");

	facts_init(&f);
	facts_prove(&f, FACT_GOT_SYN, 5);
	facts_claim(&f, TCP_SYN_RECEIVED, 5);
	facts_prove(&f, FACT_CLOSED | FACT_SYN_ACKED, 30);
	f.order = ORDER_CLOSED_FIRST;
	facts_claim(&f, TCP_FIN_WAIT_1, 30);
	facts_presume(&f, FACT_GOT_FIN, 20, BASIS_PRESUMED);
	tap_ok(history_is(&f, "SR ES? F1? CG? F1c"),
		"a FIN that came before the close is dated behind it when the order is proved");

	facts_init(&f);
	facts_presume(&f, FACT_SYN_ACKED, 1, BASIS_PRESUMED);
	facts_prove(&f, FACT_GOT_FIN | FACT_CLOSED, 9);
	f.order = ORDER_FIN_FIRST;
	facts_claim(&f, TCP_CLOSE_WAIT, 9);
	facts_claim(&f, TCP_LAST_ACK, 9);
	tap_ok(history_is(&f, "ES? CW? LA CWc"), "a step from a state that is only presumed is confirmed, not proved");
}

int main(void)
{
	the_grid_is_the_facts();
	histories();
	return tap_end();
}
