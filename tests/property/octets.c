/* octets: every octet accounted, whatever happens to the segments that carry it.
 *
 * One side sends a known number of octets.  They are cut anyhow, put in any order, repeated, acknowledged here and
 * there, and some are never seen; both initial numbers may stand anywhere, the wrap included.  What is counted is known
 * beforehand.  The first seed that fails is printed, and comes back as an argument: tests/property/octets 17. */
#include <stdlib.h>

#include "base/clock.h"
#include "tests/lib/tap.h"
#include "tests/lib/ways.h"
#include "tests/property/talk.h"

enum { TRIES = 1500, PIECES = 14, OCTETS_MOST = 40000 };

struct piece {
	uint32_t start, length;
};

struct truth {
	long long bytes, gap, missed, again;
};

static void pass(struct scenario *s, enum side side, uint8_t ctl, uint32_t seq, uint32_t ack, uint32_t length)
{
	static const char *const text[SIDES] = {"192.0.2.10", "198.51.100.20"};
	struct scenario_step step = {0};
	struct segment *to = &step.segment;

	addr_parse(text[side], &to->source);
	addr_parse(text[1 - side], &to->destination);
	to->source_port = side == INITIATOR ? 40000 : 80;
	to->destination_port = side == INITIATOR ? 80 : 40000;
	to->time_ns = SCENARIO_START_NS + (int64_t)s->step_count * NS_PER_MS;
	to->ctl = ctl;
	to->seq = seq;
	to->ack = ctl & CTL_ACK ? ack : 0;
	to->payload_len = length;
	to->wnd = 65000;
	to->ttl = 64;
	to->vlan = VLAN_NONE;
	to->checksum = CHECKSUM_GOOD;
	scenario_add(s, &step);
}

/* Octets 0 to `octets` in so many pieces. */
static uint32_t cut(uint64_t *random, uint32_t octets, struct piece pieces[PIECES])
{
	uint32_t count = 1 + talk_random(random, PIECES), at = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t left = octets - at;
		uint32_t length = i + 1 == count ? left : talk_random(random, 2 * left / (count - i) + 1);

		length = length > left ? left : length;
		pieces[i] = (struct piece){at, length};
		at += length;
	}
	return count;
}

/* The conversation of a seed, from these initial numbers on.  What happens in it does not depend on them. */
static struct truth make(uint64_t seed, uint32_t isn, uint32_t peer_isn, struct scenario *s)
{
	uint64_t random = seed;
	uint32_t octets = 1 + talk_random(&random, OCTETS_MOST);
	struct piece pieces[PIECES], sent[3 * PIECES];
	uint32_t count = cut(&random, octets, pieces), lost = talk_random(&random, 2 * count), sends = 0;
	bool acknowledged_all = talk_random(&random, 2);
	struct truth truth = {0};

	for (uint32_t i = 0; i < count; i++) {
		if (i == lost || !pieces[i].length)
			continue;
		truth.bytes += pieces[i].length;
		for (uint32_t copies = 1 + talk_random(&random, 3); copies; copies--) {
			sent[sends++] = pieces[i];
			truth.again += copies > 1 ? pieces[i].length : 0;
		}
	}
	for (uint32_t i = sends; i > 1; i--) { /* any order (Fisher and Yates) */
		uint32_t other = talk_random(&random, i);
		struct piece piece = sent[i - 1];
		sent[i - 1] = sent[other];
		sent[other] = piece;
	}
	scenario_init(s, "octets");
	pass(s, INITIATOR, CTL_SYN, isn, 0, 0);
	pass(s, RESPONDER, CTL_SYN | CTL_ACK, peer_isn, isn + 1, 0);
	pass(s, INITIATOR, CTL_ACK, isn + 1, peer_isn + 1, 0);
	uint32_t acknowledged = 0;
	for (uint32_t i = 0; i < sends; i++) {
		pass(s, INITIATOR, CTL_ACK | CTL_PSH, isn + 1 + sent[i].start, peer_isn + 1, sent[i].length);
		if (talk_random(&random, 4))
			continue;
		acknowledged += acknowledged_all ? talk_random(&random, octets - acknowledged + 1) : 0;
		pass(s, RESPONDER, CTL_ACK, peer_isn + 1, isn + 1 + acknowledged, 0);
	}
	pass(s, INITIATOR, CTL_ACK | CTL_FIN, isn + 1 + octets, peer_isn + 1, 0);
	if (acknowledged_all)
		pass(s, RESPONDER, CTL_ACK, peer_isn + 1, isn + 2 + octets, 0);
	truth.gap = octets - truth.bytes;
	truth.missed = acknowledged_all ? truth.gap : 0;
	return truth;
}

static bool counts(const struct rows *rows, const char *column, long long wanted)
{
	const char *text = rows->count ? rows->row[0].column[record_column_find(column)] : NULL;

	if (rows->count == 1 && text && strtoll(text, NULL, 10) == wanted)
		return true;
	printf("# %s: %s, wanted %lld\n", column, text ? text : "-", wanted);
	return false;
}

static bool accounted(uint64_t seed)
{
	struct scenario s;
	struct rows rows;
	struct truth truth = make(seed, 1000000, 2000000, &s);

	way_segments(&s, &rows);
	bool good = counts(&rows, "initiator_bytes", truth.bytes) && counts(&rows, "initiator_gap_bytes", truth.gap) &&
		    counts(&rows, "initiator_missed_bytes", truth.missed) &&
		    counts(&rows, "initiator_retransmitted_bytes", truth.again) &&
		    counts(&rows, "responder_gap_bytes", 0) && counts(&rows, "gap_possible", truth.missed > 0);
	rows_fini(&rows);
	scenario_fini(&s);
	return good;
}

static bool shifted(uint64_t seed)
{
	uint64_t random = seed;
	uint32_t isn = UINT32_MAX - talk_random(&random, OCTETS_MOST);
	struct scenario s[2];
	struct rows rows[2];
	struct strbuf why = {0};

	make(seed, 1000000, 2000000, &s[0]);
	make(seed, isn, UINT32_MAX - talk_random(&random, 3), &s[1]);
	for (int i = 0; i < 2; i++) {
		way_segments(&s[i], &rows[i]);
		for (int side = 0; side < SIDES && rows[i].count; side++) {
			int column = record_column_find(side ? "responder_isn" : "initiator_isn");
			free(rows[i].row[0].column[column]);
			rows[i].row[0].column[column] = NULL;
		}
	}
	bool same = rows_same(&rows[0], &rows[1], &why);
	if (!same)
		printf("# %s\n", why.text ? why.text : "");
	for (int i = 0; i < 2; i++) {
		rows_fini(&rows[i]);
		scenario_fini(&s[i]);
	}
	strbuf_fini(&why);
	return same;
}

static void try_all(const char *name, bool (*holds)(uint64_t), uint64_t only)
{
	uint64_t broken = 0;

	for (uint64_t seed = only ? only : 1; seed <= (only ? only : TRIES) && !broken; seed++)
		if (!holds(seed))
			broken = seed;
	if (!tap_ok(!broken, "%s", name))
		printf("# seed %llu\n", (unsigned long long)broken);
}

int main(int argc, char **argv)
{
	uint64_t only = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

	try_all("however octets are cut, ordered, repeated and acknowledged: each is counted once", accounted, only);
	try_all("the same with both initial numbers anywhere before the wrap", shifted, only);
	return tap_end();
}
