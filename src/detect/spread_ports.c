/* spread_ports: detectors of initiators that run out of ports, or open a connection for every little thing.
 *
 * A pair is an initiator and one service.  Each connection between them takes a port of the initiator while it lives,
 * and for as long as its TIME-WAIT lasts where the initiator closed first.  Only completed handshakes are counted. */
#include "detect/many.h"

#include <string.h>

enum { MARK_S = 10, CHURN_SLOTS = 5, LIVES_KNOWN = 4096, LIVES_LEAST = 20 };

static void roll_churn(const struct spread *s, struct pair *pair)
{
	int64_t steps = s->second - pair->second;

	if (steps <= 0)
		return;
	pair->second = s->second;
	if (steps > CHURN_SLOTS)
		steps = CHURN_SLOTS;
	memmove(pair->churn + steps, pair->churn, (size_t)(CHURN_SLOTS - steps) * sizeof *pair->churn);
	memset(pair->churn, 0, (size_t)steps * sizeof *pair->churn);
}

/* The two hop limits that most of its connections have: a translator lends one address to several hosts. */
static void note_ttl(struct pair *pair, uint8_t ttl)
{
	pair->ttls++;
	if (!pair->ttl_count || pair->ttl == ttl) {
		pair->ttl = ttl;
		pair->ttl_count++;
	} else if (!pair->other_ttl_count || pair->other_ttl == ttl) {
		pair->other_ttl = ttl;
		pair->other_ttl_count++;
	}
}

static bool several_hosts(const struct pair *pair)
{
	uint32_t others = pair->ttls - pair->ttl_count;
	int apart = pair->ttl > pair->other_ttl ? pair->ttl - pair->other_ttl : pair->other_ttl - pair->ttl;

	return others * 20 >= pair->ttls && pair->other_ttl_count && (apart > 1 || others > pair->other_ttl_count);
}

static uint32_t held_ports(const struct pair *pair)
{
	return pair->live + pair->waiting;
}

/* Most pairs have one connection and never another.  They leave a short mark, and only with the next one the pair has
 * an entry.  The hash is a fixed one, so that chance decides nothing; marks that overwrite each other cost a
 * connection. */
static uint16_t *mark_of(struct spread *s, const struct talker_key *key, uint16_t *mark)
{
	uint64_t words[5] = {0}, hash = 0;

	memcpy(words, key, sizeof *key);
	for (int i = 0; i < 5; i++) {
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	*mark = (uint16_t)(hash >> 48 | 1);
	return &s->seen_pairs[hash % SEEN_PAIRS];
}

bool ports_knows(struct spread *s, const struct talker_key *pair)
{
	uint16_t mark;

	return *mark_of(s, pair, &mark) == mark || talkers_find(&s->pairs, pair);
}

void ports_know(struct spread *s, const struct talker_key *pair)
{
	uint16_t mark;

	*mark_of(s, pair, &mark) = mark;
}

static struct pair *pair_again(struct spread *s, const struct talker_key *key)
{
	struct pair *pair = talkers_find(&s->pairs, key);
	uint16_t mark, *place;

	if (!pair && *(place = mark_of(s, key, &mark)) != mark) {
		*place = mark;
		return NULL;
	}
	return talkers_take(&s->pairs, key);
}

/* Is it worth a look with the next tick? */
static bool is_much(const struct spread *s, const struct pair *pair)
{
	const int64_t *limits = s->limits.value;

	return (int64_t)held_ports(pair) * 200 >= limits[LIMIT_port_exhaustion] * limits[LIMIT_ephemeral_ports] ||
	       pair->churn[0] * 2 >= limits[LIMIT_connection_churn];
}

void ports_begin(struct spread *s, struct watched *watched, const struct parties *parties)
{
	struct talker_key key = many_pair_key(parties);
	struct pair *pair = pair_again(s, &key);
	uint16_t port = parties->port[INITIATOR];

	if (!pair)
		return;
	talkers_hold(&pair->talker);
	watched->pair = pair;
	if (!pair->low_port || port < pair->low_port)
		pair->low_port = port;
	if (port > pair->high_port)
		pair->high_port = port;
	note_ttl(pair, parties->ttl);
	pair->live++;
	roll_churn(s, pair);
	pair->churn[0]++;
	pair->churned += pair->churning;
	if (is_much(s, pair))
		talkers_mark(&s->pairs, &pair->talker);
}

/* Returns whether there are so many that it must be known when this one is free; else the connection's end tells. */
bool ports_wait(struct spread *s, struct flow *flow)
{
	enum { FEW = 16 }; /* this part of the range */
	struct pair *pair = flow->watched.pair;

	pair->live--;
	pair->waiting++;
	return (int64_t)held_ports(pair) * FEW >= s->limits.value[LIMIT_ephemeral_ports];
}

void ports_end(struct spread *s, struct flow *flow)
{
	struct pair *pair = flow->watched.pair;

	if (!pair)
		return;
	if (flow->watched.phase == WATCH_TIMEWAIT)
		pair->waiting--;
	else
		pair->live--;
	flow->watched.pair = NULL;
	talkers_release(&s->pairs, &pair->talker);
	if (!is_much(s, pair))
		pair->begin_ns = 0;
}

void ports_close(const struct watched *watched, const struct parties *parties, int64_t now_ns)
{
	struct pair *pair = watched->pair;

	if (!pair)
		return;
	if (pair->lives >= LIVES_KNOWN) {
		pair->lives /= 2;
		pair->short_lives /= 2;
	}
	pair->lives++;
	pair->short_lives += clock_since(now_ns, parties->syn_ns) < NS_PER_S;
}

/* --- exhaustion ----------------------------------------------------------------------------------- */

static void mark_growth(const struct spread *s, struct pair *pair)
{
	enum { MARKS = sizeof pair->mark / sizeof *pair->mark };

	if (s->second - pair->mark_s[0] < MARK_S)
		return;
	for (int i = MARKS - 1; i > 0; i--) {
		pair->mark_s[i] = pair->mark_s[i - 1];
		pair->mark[i] = pair->mark[i - 1];
	}
	pair->mark_s[0] = s->second;
	pair->mark[0] = held_ports(pair);
}

/* In how long the rest of the range is taken, if it goes on like this; CLOCK_NONE: it does not grow. */
static int64_t time_left_us(const struct spread *s, const struct pair *pair, uint32_t range)
{
	const int64_t us = NS_PER_S / NS_PER_US;
	uint32_t held = held_ports(pair);
	int oldest = pair->mark_s[2] ? 2 : pair->mark_s[1] ? 1 : 0;
	int64_t span = s->second - pair->mark_s[oldest];

	if (!pair->mark_s[oldest] || held <= pair->mark[oldest] || span <= 0)
		return CLOCK_NONE;
	return held >= range ? 0 : (range - held) * span * us / (held - pair->mark[oldest]);
}

/* anomaly: port-exhaustion
 * tier:     3
 * on:       many
 * side:     initiator
 * severity: warning
 * rule:     model
 * rfc:      RFC 6056 2.1, 3.2; RFC 9293 3.6.1
 * option:   port-exhaustion 80 so many percent of its ports that an initiator holds towards one service
 * option:   ephemeral-ports 28232 how many ports it has (Linux: 32768 to 60999); more where more are seen in use
 * evidence: initiator_ip whose ports they are
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: held ports held now, by connections and by their TIME-WAIT
 * evidence: time_wait of them in TIME-WAIT, as far as can be told
 * evidence: range ports that it has
 * evidence: share_percent share of the range
 * evidence: peak most ports held so far
 * evidence: peak_ns when that was
 * evidence: full_us time until the range is full, if it goes on as in the last half minute
 * evidence: hosts "several" where hop limits differ: a translator holds ports for them, maybe of several addresses
 * title:    ports run out
 * seen:     an initiator holds nearly all of its ports towards one service, most of them in TIME-WAIT
 * means:    when none is left, connect() fails (EADDRNOTAVAIL), which no packet shows
 * check:    keep connections open and use them again; let the responder close first; more local addresses, or a wider
 *           net.ipv4.ip_local_port_range; net.ipv4.tcp_tw_reuse on the initiator
 */
static void look_for_exhaustion(struct spread *s, struct pair *pair)
{
	const struct talker_key *key = &pair->talker.key;
	uint32_t held = held_ports(pair), range = (uint32_t)s->limits.value[LIMIT_ephemeral_ports];
	int64_t share = s->limits.value[LIMIT_port_exhaustion];

	if (pair->high_port - pair->low_port + 1u > range)
		range = pair->high_port - pair->low_port + 1u;
	bool much = (int64_t)held * 200 >= share * range;
	if (!much)
		pair->begin_ns = 0;
	else if (!pair->begin_ns)
		pair->begin_ns = s->now_ns;
	if (held > pair->peak || !much) {
		pair->peak = held;
		pair->peak_ns = s->now_ns;
	}
	if (much)
		talkers_keep(&s->pairs, &pair->talker);
	if (!held || (int64_t)held * 100 < share * range)
		return;
	bool several = several_hosts(pair);
	many_raise(s, &(struct many_finding){ANOMALY_port_exhaustion, key, INITIATOR,
			      several ? CONFIDENCE_UNSURE : many_likely(s, &s->pairs), pair->peak, pair->begin_ns,
			      MANY_EVIDENCE(MANY_IP("initiator_ip", &key->a), MANY_IP("responder_ip", &key->b),
				      MANY_NUMBER("responder_port", key->port), MANY_NUMBER("held", held),
				      MANY_NUMBER("time_wait", pair->waiting), MANY_NUMBER("range", range),
				      MANY_NUMBER("share_percent", (int64_t)held * 100 / range),
				      MANY_NUMBER("peak", pair->peak), MANY_NUMBER("peak_ns", pair->peak_ns),
				      MANY_NUMBER("full_us", time_left_us(s, pair, range)),
				      MANY_WORD("hosts", several ? "several" : "one"))});
}

/* --- churn ---------------------------------------------------------------------------------------- */

/* anomaly: connection-churn
 * tier:     3
 * on:       many
 * side:     initiator
 * severity: notice
 * rule:     fact
 * rfc:      RFC 9293 3.6.1
 * option:   connection-churn 100 so many connections a second from one initiator to one service
 * evidence: initiator_ip who opens them
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: rate connections a second, mean of the last 5 s
 * evidence: peak the same, most so far
 * evidence: short_percent share of them that lived for less than a second
 * title:    a connection for every little thing
 * seen:     an initiator opens more than a hundred connections a second to one service, and most live for less than one
 * means:    handshakes and TIME-WAITs cost more than what is done: connections are not used again
 * check:    keep-alive or a pool of connections in the initiator's application; does the responder close after each
 *           request?
 */
static void look_for_churn(struct spread *s, struct pair *pair)
{
	const struct talker_key *key = &pair->talker.key;
	int64_t least = s->limits.value[LIMIT_connection_churn];
	uint32_t sum = 0;

	for (int i = 0; i < CHURN_SLOTS; i++)
		sum += pair->churn[i];
	pair->churning = pair->churning && many_is_open(s, ANOMALY_connection_churn, key);
	if (sum < least * CHURN_SLOTS || pair->lives < LIVES_LEAST || pair->short_lives * 2 <= pair->lives)
		return;
	if (!pair->churning) {
		pair->churning = true;
		pair->churned = sum;
		pair->churn_since_ns = s->now_ns - CHURN_SLOTS * NS_PER_S;
		pair->churn_peak = 0;
	}
	if (sum > pair->churn_peak)
		pair->churn_peak = sum;
	many_raise(s, &(struct many_finding){ANOMALY_connection_churn, key, INITIATOR, CONFIDENCE_SURE, pair->churned,
			      pair->churn_since_ns,
			      MANY_EVIDENCE(MANY_IP("initiator_ip", &key->a), MANY_IP("responder_ip", &key->b),
				      MANY_NUMBER("responder_port", key->port), MANY_NUMBER("rate", sum / CHURN_SLOTS),
				      MANY_NUMBER("peak", pair->churn_peak / CHURN_SLOTS),
				      MANY_NUMBER("short_percent", (int64_t)pair->short_lives * 100 / pair->lives))});
}

void ports_look(struct spread *s, struct pair *pair)
{
	roll_churn(s, pair);
	look_for_exhaustion(s, pair);
	look_for_churn(s, pair);
	mark_growth(s, pair);
}
