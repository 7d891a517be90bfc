/* talk: see talk.h. */
#include "tests/property/talk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

uint32_t talk_random(uint64_t *random, uint32_t below)
{
	/* SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014) */
	uint64_t z = *random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) % below);
}

static bool chance(struct talk *t, uint32_t percent)
{
	return talk_random(&t->random, 100) < percent;
}

static void entered(struct talk *t, enum side side, enum tcp_state state)
{
	t->entered[side] |= (uint16_t)(1U << state);
}

static enum side other(enum side side)
{
	return side == INITIATOR ? RESPONDER : INITIATOR;
}

/* --- segments ------------------------------------------------------------------------------------ */

/* RFC 7323 4: the sender's clock, and the newest timestamp of its peer that it can have received. */
static void add_timestamps(struct talk *t, enum side side, struct segment *s)
{
	uint32_t val = (uint32_t)((t->now_ns - SCENARIO_START_NS) / NS_PER_MS) + 1000 + (uint32_t)side * 77777;

	s->options |= OPTION_TIMESTAMPS;
	s->ts_val = val;
	for (int i = 0; i < 4 && s->ctl & CTL_ACK && !s->ts_ecr; i++)
		if (t->sent[other(side)][i].val && t->sent[other(side)][i].ns + t->way_ns[side] <= t->now_ns)
			s->ts_ecr = t->sent[other(side)][i].val;
	memmove(&t->sent[side][1], &t->sent[side][0], 3 * sizeof t->sent[side][0]);
	t->sent[side][0].val = val;
	t->sent[side][0].ns = t->now_ns;
}

/* One at an explicit place; the other side's numbers as they are. */
static void pass(struct talk *t, enum side side, uint8_t ctl, uint32_t seq, uint32_t ack, uint32_t length)
{
	static const char *const text[SIDES] = {"192.0.2.10", "198.51.100.20"};
	struct scenario_step step = {0};
	struct segment *s = &step.segment;

	addr_parse(text[side], &s->source);
	addr_parse(text[other(side)], &s->destination);
	s->source_port = side == INITIATOR ? t->port : 443;
	s->destination_port = side == INITIATOR ? 443 : t->port;
	s->time_ns = t->now_ns;
	s->ctl = ctl;
	s->seq = t->isn[side] + seq;
	s->ack = ctl & CTL_ACK ? t->isn[other(side)] + ack : 0;
	s->payload_len = length;
	s->wnd = 64000;
	s->ttl = 64;
	s->vlan = VLAN_NONE;
	s->has_ip_id = true;
	s->ip_id = (uint16_t)t->scenario.step_count;
	s->checksum = CHECKSUM_GOOD;
	if (t->timestamps)
		add_timestamps(t, side, s);
	if (ctl & CTL_SYN) {
		s->options |= OPTION_MSS;
		s->mss = 1460;
	}
	scenario_add(&t->scenario, &step);
	t->by_step = mem_grow(t->by_step, t->scenario.step_count * sizeof *t->by_step);
	memcpy(t->by_step[t->scenario.step_count - 1], t->entered, sizeof t->entered);
}

/* The next one of a side in order. */
static void say(struct talk *t, enum side side, uint8_t ctl, uint32_t length)
{
	pass(t, side, ctl, t->next[side], t->next[other(side)], length);
	t->next[side] += length + !!(ctl & CTL_SYN) + !!(ctl & CTL_FIN);
}

/* Time for `side` to get what passed, think, and send its answer past the tap. */
static void turn(struct talk *t, enum side side)
{
	t->now_ns += 2 * t->way_ns[side] + 1000 + talk_random(&t->random, 2000000);
}

/* --- acts ---------------------------------------------------------------------------------------- */

/* What a side enters by sending is entered before its segment passes; what its peer enters by it, after. */

static void open_at_once(struct talk *t)
{
	for (int side = 0; side < SIDES; side++) {
		entered(t, (enum side)side, TCP_SYN_SENT);
		say(t, (enum side)side, CTL_SYN, 0);
		t->now_ns += 1000;
	}
	t->now_ns += t->way_ns[INITIATOR] + t->way_ns[RESPONDER];
	for (int side = 0; side < SIDES; side++) {
		entered(t, (enum side)side, TCP_SYN_RECEIVED);
		pass(t, (enum side)side, CTL_SYN | CTL_ACK, 0, 1, 0);
		t->now_ns += 1000;
	}
	t->now_ns += t->way_ns[INITIATOR] + t->way_ns[RESPONDER];
	entered(t, INITIATOR, TCP_ESTABLISHED);
	entered(t, RESPONDER, TCP_ESTABLISHED);
}

static void open_usually(struct talk *t)
{
	entered(t, INITIATOR, TCP_SYN_SENT);
	say(t, INITIATOR, CTL_SYN, 0);
	if (chance(t, 10)) {
		t->now_ns += NS_PER_S;
		pass(t, INITIATOR, CTL_SYN, 0, 0, 0);
	}
	turn(t, RESPONDER);
	entered(t, RESPONDER, TCP_SYN_RECEIVED);
	say(t, RESPONDER, CTL_SYN | CTL_ACK, 0);
	if (chance(t, 10)) {
		t->now_ns += NS_PER_S;
		pass(t, RESPONDER, CTL_SYN | CTL_ACK, 0, 1, 0);
	}
	turn(t, INITIATOR);
	entered(t, INITIATOR, TCP_ESTABLISHED);
	say(t, INITIATOR, CTL_ACK, 0);
	entered(t, RESPONDER, TCP_ESTABLISHED);
}

static void exchange(struct talk *t, enum side side)
{
	uint32_t length = 1 + talk_random(&t->random, 1400), at = t->next[side];

	turn(t, side);
	if (chance(t, 10)) { /* two of them out of order */
		pass(t, side, CTL_ACK, at + length, t->next[other(side)], 100);
		t->now_ns += 200000;
		pass(t, side, CTL_ACK, at, t->next[other(side)], length);
		t->next[side] += length + 100;
	} else {
		say(t, side, CTL_ACK | CTL_PSH, length);
	}
	if (chance(t, 10)) { /* lost behind the tap */
		t->now_ns += 300 * NS_PER_MS;
		pass(t, side, CTL_ACK | CTL_PSH, at, t->next[other(side)], length);
	}
	if (chance(t, 60)) {
		turn(t, other(side));
		say(t, other(side), CTL_ACK, 0);
	}
}

static void close_in_turn(struct talk *t, enum side first)
{
	enum side second = other(first);

	turn(t, first);
	entered(t, first, TCP_FIN_WAIT_1);
	say(t, first, CTL_FIN | CTL_ACK, 0);
	entered(t, second, TCP_CLOSE_WAIT);
	turn(t, second);
	if (chance(t, 70)) { /* else the FIN carries the ACK */
		say(t, second, CTL_ACK, 0);
		entered(t, first, TCP_FIN_WAIT_2);
		for (uint32_t more = talk_random(&t->random, 3); more; more--) {
			turn(t, second);
			say(t, second, CTL_ACK | CTL_PSH, 500);
			turn(t, first);
			say(t, first, CTL_ACK, 0);
		}
		if (chance(t, 20))
			return; /* half-closed for good */
		turn(t, second);
	}
	uint32_t fin = t->next[second];
	entered(t, second, TCP_LAST_ACK);
	say(t, second, CTL_FIN | CTL_ACK, 0);
	entered(t, first, TCP_FIN_WAIT_2);
	entered(t, first, TCP_TIME_WAIT);
	turn(t, first);
	say(t, first, CTL_ACK, 0);
	if (chance(t, 20)) { /* that ACK was lost behind the tap */
		t->now_ns += 250 * NS_PER_MS;
		pass(t, second, CTL_FIN | CTL_ACK, fin, t->next[first], 0);
		turn(t, first);
		say(t, first, CTL_ACK, 0);
	}
	entered(t, second, TCP_CLOSED);
}

/* Both FINs cross. */
static void close_at_once(struct talk *t)
{
	uint32_t at[SIDES] = {t->next[INITIATOR], t->next[RESPONDER]};

	for (int side = 0; side < SIDES; side++) {
		entered(t, (enum side)side, TCP_FIN_WAIT_1);
		pass(t, (enum side)side, CTL_FIN | CTL_ACK, at[side], at[!side], 0);
		t->next[side]++;
		t->now_ns += 1000;
	}
	t->now_ns += 2 * (t->way_ns[INITIATOR] + t->way_ns[RESPONDER]);
	entered(t, INITIATOR, TCP_CLOSING);
	if (chance(t, 40)) { /* I's FIN was lost behind the tap: R gets it only now, with the ACK of its own */
		t->now_ns += 260 * NS_PER_MS;
		pass(t, INITIATOR, CTL_FIN | CTL_ACK, at[INITIATOR], t->next[RESPONDER], 0);
		entered(t, RESPONDER, TCP_FIN_WAIT_2);
		entered(t, RESPONDER, TCP_TIME_WAIT);
		turn(t, RESPONDER);
		say(t, RESPONDER, CTL_ACK, 0);
		entered(t, INITIATOR, TCP_TIME_WAIT);
		return;
	}
	entered(t, RESPONDER, TCP_CLOSING);
	for (int side = 0; side < SIDES; side++) {
		say(t, (enum side)side, CTL_ACK, 0);
		entered(t, other((enum side)side), TCP_TIME_WAIT);
		t->now_ns += 1000;
	}
}

static void reset(struct talk *t, enum side side)
{
	turn(t, side);
	entered(t, side, TCP_CLOSED);
	say(t, side, CTL_RST | CTL_ACK, 0);
	entered(t, other(side), TCP_CLOSED);
}

void talk_make(struct talk *t, uint64_t seed)
{
	memset(t, 0, sizeof *t);
	scenario_init(&t->scenario, "talk");
	t->random = seed;
	t->now_ns = SCENARIO_START_NS + talk_random(&t->random, 1000) * NS_PER_MS;
	t->port = (uint16_t)(40000 + talk_random(&t->random, 20000));
	t->timestamps = chance(t, 50);
	for (int side = 0; side < SIDES; side++) {
		t->isn[side] = talk_random(&t->random, UINT32_MAX);
		t->way_ns[side] = 10000 + talk_random(&t->random, 20000000);
	}
	bool at_once = chance(t, 10);
	if (at_once)
		open_at_once(t);
	else
		open_usually(t);
	for (uint32_t acts = talk_random(&t->random, 8); acts; acts--)
		exchange(t, chance(t, 50) ? INITIATOR : RESPONDER);
	/* let everything arrive before the close, so that what is known of the states holds */
	turn(t, INITIATOR);
	say(t, INITIATOR, CTL_ACK, 0);
	turn(t, RESPONDER);
	say(t, RESPONDER, CTL_ACK, 0);
	t->now_ns += 100 * NS_PER_MS;
	switch (talk_random(&t->random, 6)) {
	case 0:
	case 1:
		close_in_turn(t, INITIATOR);
		break;
	case 2:
		close_in_turn(t, RESPONDER);
		break;
	case 3:
		close_at_once(t);
		break;
	case 4:
		reset(t, chance(t, 50) ? INITIATOR : RESPONDER);
		break;
	}
}

void talk_join(struct talk *into, const struct talk *from)
{
	for (size_t i = 0; i < from->scenario.step_count; i++)
		scenario_add(&into->scenario, &from->scenario.steps[i]);
	/* by time, those of `into` first */
	struct scenario_step *steps = into->scenario.steps;
	for (size_t i = 1; i < into->scenario.step_count; i++) {
		struct scenario_step step = steps[i];
		size_t j = i;
		for (; j && steps[j - 1].segment.time_ns > step.segment.time_ns; j--)
			steps[j] = steps[j - 1];
		steps[j] = step;
	}
	for (size_t i = 0; i < into->scenario.step_count; i++)
		steps[i].segment.packet = i + 1;
}

void talk_fini(struct talk *t)
{
	scenario_fini(&t->scenario);
	free(t->by_step);
	t->by_step = NULL;
}
