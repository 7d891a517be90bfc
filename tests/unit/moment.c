/* moment: the states of a past moment, from a timeline. */
#include "record/moment.h"

#include "tests/lib/tap.h"

static const int64_t first_ns = 1795399936 * NS_PER_S + 323;

/* "I-STATE R-STATE" with their marks: ? presumed, + proved later, * by timer, at so many nanoseconds after the first
 * segment. */
static const char *at(const char *timeline, int64_t after_ns)
{
	static char text[100];
	struct moment sides[SIDES];
	int length = 0;

	moment_from_timeline(timeline, first_ns, first_ns + after_ns, sides);
	for (int side = 0; side < SIDES; side++) {
		const struct moment *m = &sides[side];
		char mark[2] = {m->proved_ns != CLOCK_NONE ? '+' : basis_marks[m->basis], '\0'};

		length += snprintf(text + length, sizeof text - (size_t)length, "%s%s%s", side ? " " : "",
			m->state == TCP_UNKNOWN ? "-" : state_words[m->state].short_name,
			m->state == TCP_UNKNOWN ? "" : mark);
	}
	return text;
}

/* A tutorial's open and close, where the last ACK of the handshake was presumed first and proved later. */
static const char tutorial[] = "[[0,\"I\",\"SS\",\"p\"],[4000,\"R\",\"SR\",\"p\"],[8000,\"I\",\"ES\",\"p\"],"
			       "[8000,\"R\",\"ES\",\"?\"],[9000,\"R\",\"ES\",\"c\"],[20000,\"I\",\"F1\",\"p\"],"
			       "[20000,\"R\",\"CW\",\"?\"],[60020000,\"I\",\"CL\",\"*\"]]";

static void test_tutorial(void)
{
	tap_equal_text(at(tutorial, -1), "- -", "before the first segment nothing is known");
	tap_equal_text(at(tutorial, 0), "SYN-SENT -",
		"with it the initiator is in SYN-SENT, of the responder nothing is known");
	tap_equal_text(at(tutorial, 4000 * NS_PER_US - 1), "SYN-SENT -", "a nanosecond before a change");
	tap_equal_text(at(tutorial, 4000 * NS_PER_US), "SYN-SENT SYN-RCVD", "and at it: to the microsecond");
	tap_equal_text(at(tutorial, 8500 * NS_PER_US), "EST EST+", "a state that was presumed then, and proved later");
	tap_equal_text(at(tutorial, 9000 * NS_PER_US), "EST EST", "is proved from then on");
	tap_equal_text(at(tutorial, NS_PER_S), "FIN-W1 CLOSE-W?", "one that was never proved stays presumed");
	tap_equal_text(at(tutorial, 61 * NS_PER_S), "CLOSED* CLOSE-W?", "a timer is one");
}

static void test_times(void)
{
	struct moment sides[SIDES];

	moment_from_timeline(tutorial, first_ns, first_ns + 8500 * NS_PER_US, sides);
	tap_equal_int(sides[RESPONDER].since_ns, first_ns + 8 * NS_PER_MS, "since when is told");
	tap_equal_int(sides[RESPONDER].proved_ns, first_ns + 9 * NS_PER_MS, "and when it was proved");
	tap_equal_text(moment_basis(&sides[RESPONDER]), "proved-later", "in a word");
	tap_equal_text(moment_basis(&sides[INITIATOR]), "proved", "or as it is");
}

static void test_proofs(void)
{
	tap_equal_text(at("[[-19,\"I\",\"ES\",\"c\"],[0,\"I\",\"ES\",\"?\"]]", 0), "EST -",
		"a proof may stand before the move where times go back");
	tap_equal_text(at("[[0,\"R\",\"CL\",\"c\"],[0,\"R\",\"SR\",\"p\"],[9,\"R\",\"CL\",\"?\"]]", NS_PER_S),
		"- CLOSED?", "that it was CLOSED before all that is no proof of its end");
	tap_equal_text(at("[[0,\"R\",\"CL\",\"?\"],[5,\"R\",\"CL\",\"c\"]]", 3000), "- CLOSED+", "a later one is");
}

static void test_damaged(void)
{
	static const char *const damaged[] = {"", "[", "[]", "x", "[[0,\"I\"", "[[0,\"I\",\"XX\",\"p\"]]",
		"[[0,\"Q\",\"ES\",\"p\"]]", "[[0,\"I\",\"ES\",\"!\"]]"};
	int unknown = 0;

	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
		unknown += !strcmp(at(damaged[i], NS_PER_S), "- -");
	tap_equal_int(unknown, sizeof damaged / sizeof *damaged, "of what is no timeline nothing is known");
	tap_equal_text(at(NULL, 0), "- -", "nor without one");
	tap_equal_text(at("[[9223372036854775807,\"I\",\"ES\",\"p\"],[-9223372036854775808,\"R\",\"ES\",\"p\"]]", 0),
		"- EST", "offsets that no time has are no harm");
}

static void test_columns(void)
{
	struct moment side = moment_from_columns("TIME-WAIT", "presumed", 5);

	tap_ok(side.state == TCP_TIME_WAIT && side.basis == BASIS_PRESUMED && side.since_ns == 5,
		"a side that has come to rest is as its columns say");
	moment_run_timer(&side, 100, 99);
	tap_ok(side.state == TCP_TIME_WAIT, "TIME-WAIT lasts until its end");
	moment_run_timer(&side, CLOCK_NONE, 99);
	tap_ok(side.state == TCP_TIME_WAIT, "and on where that is not known");
	moment_run_timer(&side, 100, 100);
	tap_ok(side.state == TCP_CLOSED && side.basis == BASIS_TIMER && side.since_ns == 100,
		"then a timer has closed it");
	struct moment both[SIDES] = {moment_from_columns(NULL, NULL, CLOCK_NONE), side};
	tap_ok(both[INITIATOR].state == TCP_UNKNOWN && !moment_is_there(both), "nothing is left of CLOSED and unknown");
	both[INITIATOR] = moment_from_columns("LAST-ACK", "proved", 1);
	tap_ok(moment_is_there(both), "of anything else there is");
}

int main(void)
{
	test_tutorial();
	test_times();
	test_proofs();
	test_damaged();
	test_columns();
	return tap_end();
}
