/* spread_scan: detectors of those who try doors: many ports of one host, one port of many hosts.
 *
 * Only attempts that fail are noted, and of an initiator that has never talked to that service: a port that it knows is
 * not searched for.  The first few attempts of an initiator stand in a small entry, so that forged addresses cost
 * little; with more it has one entry for each host and one for each port that it tries. */
#include "detect/many.h"

#include <string.h>

enum { FIRST_TRIES = 4, SCAN_SLOTS = 3, SCAN_SLOT_S = 20, PORT_TRIES = 3, HOST_TRIES = 2 };

struct
try {
	struct addr ip;
	uint16_t port;
	enum attempt how;
	bool again; /* its SYN was sent again */
	int64_t syn_ns;
};

struct prober {
	struct talker talker;
	int64_t first_s; /* of the tries that are held */
	uint8_t tries;
	bool probing; /* they are in the tables */
	struct try try[FIRST_TRIES];
};

/* What an initiator tries at one host, or at one port. */
struct scan {
	struct talker talker;
	int64_t number; /* of the newest slot */
	struct scan_slot {
		struct sketch places; /* ports, or hosts */
		int64_t first_ns;
		uint32_t failed, explicit, stubborn, done;
	} slot[SCAN_SLOTS];
	uint64_t total;
	int64_t first_ns, peak_ns;
	uint32_t peak;
	bool scanning; /* there is a row */
};

const uint32_t scan_entry_bytes = sizeof(struct scan), prober_bytes = sizeof(struct prober);

static struct scan_slot *slot_now(const struct spread *s, struct scan *scan)
{
	int64_t number = s->second / SCAN_SLOT_S, from = scan->number + 1;

	if (number >= from) {
		if (number - from >= SCAN_SLOTS)
			from = number - SCAN_SLOTS + 1;
		for (; from <= number; from++)
			scan->slot[(uint64_t)from % SCAN_SLOTS] = (struct scan_slot){.first_ns = INT64_MAX};
		scan->number = number;
	}
	return &scan->slot[(uint64_t)number % SCAN_SLOTS];
}

/* --- noting --------------------------------------------------------------------------------------- */

static void note(struct spread *s, struct talkers *table, const struct talker_key *key, const struct try *try)
{
	bool vertical = table == &s->vertical;
	struct scan *scan = talkers_take(table, key);

	if (!scan)
		return;
	struct scan_slot *slot = slot_now(s, scan);
	slot->failed++;
	slot->explicit += try->how == ATTEMPT_REFUSED || try->how == ATTEMPT_ABORTED;
	slot->stubborn += try->again;
	if (try->syn_ns < slot->first_ns)
		slot->first_ns = try->syn_ns;
	sketch_add(&slot->places, &try->ip, vertical ? try->port : 0);
	scan->total += scan->scanning;
	talkers_mark(table, &scan->talker);
}

static struct talker_key host_key(const struct talker_key *initiator, const struct addr *host)
{
	struct talker_key key = *initiator;

	key.b = *host;
	return key;
}

static struct talker_key port_key(const struct talker_key *initiator, uint16_t port)
{
	struct talker_key key = *initiator;

	key.port = port;
	return key;
}

static void note_both(struct spread *s, const struct talker_key *initiator, const struct try *try)
{
	struct talker_key host = host_key(initiator, &try->ip), port = port_key(initiator, try->port);

	note(s, &s->vertical, &host, try);
	note(s, &s->horizontal, &port, try);
}

static void hold_try(struct spread *s, struct prober *prober, const struct try *try)
{
	if (s->second - prober->first_s > SCAN_SLOTS * SCAN_SLOT_S) {
		prober->tries = 0;
		prober->first_s = s->second;
	}
	if (prober->tries < FIRST_TRIES) {
		prober->try[prober->tries++] = *try;
		return;
	}
	prober->probing = s->probers_seen = true;
	talkers_keep(&s->probers, &prober->talker);
	for (int i = 0; i < FIRST_TRIES; i++)
		note_both(s, &prober->talker.key, &prober->try[i]);
	note_both(s, &prober->talker.key, try);
}

static void note_success(struct spread *s, const struct talker_key *initiator, const struct parties *parties)
{
	struct talker_key key = host_key(initiator, &parties->ip[RESPONDER]);
	struct scan *scan = talkers_find(&s->vertical, &key);

	if (scan)
		slot_now(s, scan)->done++;
	key = port_key(initiator, parties->port[RESPONDER]);
	scan = talkers_find(&s->horizontal, &key);
	if (scan)
		slot_now(s, scan)->done++;
}

void scan_attempt(struct spread *s, const struct watched *watched, const struct parties *parties, enum attempt how)
{
	struct talker_key initiator = {.a = parties->ip[INITIATOR], .network = parties->network};
	struct prober *prober;

	if (how == ATTEMPT_DONE) {
		if (!s->probers_seen)
			return;
		prober = talkers_find(&s->probers, &initiator);
		if (prober && prober->probing)
			note_success(s, &initiator, parties);
		return;
	}
	struct talker_key pair = many_pair_key(parties);
	if (ports_knows(s, &pair))
		return;
	prober = talkers_take(&s->probers, &initiator);
	if (!prober)
		return;
	struct try try = {
		parties->ip[RESPONDER], parties->port[RESPONDER], how, watched->marks & MARK_REPEATED, parties->syn_ns};
	if (prober->probing)
		note_both(s, &initiator, &try);
	else
		hold_try(s, prober, &try);
}

/* --- looking -------------------------------------------------------------------------------------- */

struct scan_sums {
	struct sketch places;
	uint32_t failed, explicit, stubborn, done;
	int64_t first_ns;
};

static struct scan_sums sum_up(const struct scan *scan)
{
	struct scan_sums sums = {.first_ns = INT64_MAX};

	for (int i = 0; i < SCAN_SLOTS; i++) {
		const struct scan_slot *slot = &scan->slot[i];

		sketch_join(&sums.places, &slot->places);
		sums.failed += slot->failed;
		sums.explicit += slot->explicit;
		sums.stubborn += slot->stubborn;
		sums.done += slot->done;
		if (slot->failed && slot->first_ns < sums.first_ns)
			sums.first_ns = slot->first_ns;
	}
	return sums;
}

/* How many signs there are beyond the number of places and that nearly all fail. */
static int further_signs(const struct spread *s, const struct scan_sums *sums, int64_t threshold, bool *known)
{
	bool once = sums->stubborn * 10 <= sums->failed;
	bool explicit = sums->explicit * 2 >= sums->failed;
	bool many = sketch_reaches(&sums->places, 4 * threshold);

	*known = explicit || s->replies;
	return once + explicit + many;
}

static void begin_scan(const struct spread *s, struct scan *scan, const struct scan_sums *sums)
{
	int error;
	uint32_t places = sketch_count(&sums->places, &error);

	if (!scan->scanning) {
		scan->scanning = true;
		scan->total = sums->failed;
		scan->first_ns = sums->first_ns;
		scan->peak = 0;
	}
	if (places > scan->peak) {
		scan->peak = places;
		scan->peak_ns = s->now_ns;
	}
}

/* Who tries the same few places again and again waits for them to come back. */
static bool is_waiting(const struct scan_sums *sums, int64_t least, uint32_t tries)
{
	return sums->failed > tries * sketch_least(&sums->places) && !sketch_reaches(&sums->places, 4 * least);
}

static bool mostly_fail(const struct scan_sums *sums, int64_t share)
{
	return (int64_t)sums->failed * 100 >= share * (sums->failed + sums->done);
}

/* anomaly: port-scan
 * tier:     3
 * on:       many
 * side:     initiator
 * severity: alert
 * rule:     score
 * rfc:      RFC 9293 3.10.7.1, 3.10.7.2
 * option:   port-scan 25 so many ports of one host within a minute that an initiator tries in vain
 * option:   port-scan-share 80 and so many percent of its attempts there
 * evidence: initiator_ip who tries
 * evidence: responder_ip the host; of several the first one
 * evidence: ports different ports within a minute at the most
 * evidence: ports_error_percent standard error of that number
 * evidence: peak_ns when that was
 * evidence: failed attempts within the last minute that failed
 * evidence: refused of them answered by RST, or given up with a RST when the SYN+ACK came
 * evidence: completed handshakes completed with that host in the same time
 * evidence: repeated_percent share of the failed ones whose SYN was sent again
 * evidence: signs how many of five signs agree: ports, refusals, each port tried once, SYNs sent once only, four times
 *           as many ports as the least
 * title:    port scan
 * seen:     one host tries many ports of another one that it has never talked to there, and nearly all attempts fail
 * means:    somebody looks for open ports
 * check:    whose host is it, and is the scan known (inventory, monitoring)? then which of the ports answered: lastack
 *           list with its address, outcome closed or handshake-aborted
 */
static void look_for_port_scan(struct spread *s, struct scan *scan)
{
	struct scan_sums sums = sum_up(scan);
	int64_t least = s->limits.value[LIMIT_port_scan];
	struct talker_key key = {.a = scan->talker.key.a, .network = scan->talker.key.network};
	bool known;
	int error;

	scan->scanning = scan->scanning && many_is_open(s, ANOMALY_port_scan, &key);
	if (!sketch_reaches(&sums.places, least) || !mostly_fail(&sums, s->limits.value[LIMIT_port_scan_share]))
		return;
	if (is_waiting(&sums, least, PORT_TRIES)) {
		if (scan->scanning)
			many_withdraw(s, ANOMALY_port_scan, &key);
		return;
	}
	bool once_each = sums.failed * 4 <= sketch_count(&sums.places, &error) * 5;
	int signs = 1 + once_each + further_signs(s, &sums, least, &known);
	if (signs < 2 || (!scan->scanning && many_is_open(s, ANOMALY_port_scan, &key)))
		return;
	begin_scan(s, scan, &sums);
	talkers_keep(&s->vertical, &scan->talker);
	many_raise(
		s, &(struct many_finding){ANOMALY_port_scan, &key, INITIATOR,
			   known ? many_score(s, signs, &s->vertical) : CONFIDENCE_UNSURE, scan->total, scan->first_ns,
			   MANY_EVIDENCE(MANY_IP("initiator_ip", &key.a), MANY_IP("responder_ip", &scan->talker.key.b),
				   MANY_NUMBER("ports", scan->peak), MANY_NUMBER("ports_error_percent", error),
				   MANY_NUMBER("peak_ns", scan->peak_ns), MANY_NUMBER("failed", sums.failed),
				   MANY_NUMBER("refused", sums.explicit), MANY_NUMBER("completed", sums.done),
				   MANY_NUMBER("repeated_percent", (int64_t)sums.stubborn * 100 / sums.failed),
				   MANY_NUMBER("signs", signs))});
}

/* anomaly: host-sweep
 * tier:     3
 * on:       many
 * side:     initiator
 * severity: alert
 * rule:     score
 * rfc:      RFC 9293 3.10.7.1, 3.10.7.2
 * option:   host-sweep 25 so many hosts within a minute that an initiator tries in vain at one port
 * option:   host-sweep-share 80 and so many percent of its attempts at that port
 * evidence: initiator_ip who tries
 * evidence: responder_port the port; of several the first one
 * evidence: hosts different hosts within a minute at the most
 * evidence: hosts_error_percent standard error of that number
 * evidence: peak_ns when that was
 * evidence: failed attempts within the last minute that failed
 * evidence: refused of them answered by RST, or given up with a RST when the SYN+ACK came
 * evidence: completed handshakes completed at that port in the same time
 * evidence: repeated_percent share of the failed ones whose SYN was sent again
 * evidence: signs how many of four signs agree: hosts, refusals, SYNs sent once only, four times as many hosts as the
 *           least
 * title:    sweep of many hosts
 * seen:     one host tries the same port of many others that it has never talked to there, and nearly all attempts fail
 * means:    somebody, or a worm, looks for hosts that offer this service
 * check:    whose host is it, and what runs there? Then which hosts answered: lastack list with its address and that
 *           port
 */
static void look_for_sweep(struct spread *s, struct scan *scan)
{
	struct scan_sums sums = sum_up(scan);
	int64_t least = s->limits.value[LIMIT_host_sweep];
	struct talker_key key = {.a = scan->talker.key.a, .network = scan->talker.key.network};
	bool known;
	int error;

	scan->scanning = scan->scanning && many_is_open(s, ANOMALY_host_sweep, &key);
	if (!sketch_reaches(&sums.places, least) || !mostly_fail(&sums, s->limits.value[LIMIT_host_sweep_share]))
		return;
	if (is_waiting(&sums, least, HOST_TRIES)) {
		if (scan->scanning)
			many_withdraw(s, ANOMALY_host_sweep, &key);
		return;
	}
	int signs = 1 + further_signs(s, &sums, least, &known);
	if (signs < 2 || (!scan->scanning && many_is_open(s, ANOMALY_host_sweep, &key)))
		return;
	begin_scan(s, scan, &sums);
	talkers_keep(&s->horizontal, &scan->talker);
	sketch_count(&sums.places, &error);
	many_raise(s,
		&(struct many_finding){ANOMALY_host_sweep, &key, INITIATOR,
			known ? many_score(s, signs, &s->horizontal) : CONFIDENCE_UNSURE, scan->total, scan->first_ns,
			MANY_EVIDENCE(MANY_IP("initiator_ip", &key.a),
				MANY_NUMBER("responder_port", scan->talker.key.port), MANY_NUMBER("hosts", scan->peak),
				MANY_NUMBER("hosts_error_percent", error), MANY_NUMBER("peak_ns", scan->peak_ns),
				MANY_NUMBER("failed", sums.failed), MANY_NUMBER("refused", sums.explicit),
				MANY_NUMBER("completed", sums.done),
				MANY_NUMBER("repeated_percent", (int64_t)sums.stubborn * 100 / sums.failed),
				MANY_NUMBER("signs", signs))});
}

void scan_look(struct spread *s)
{
	struct scan *scan;

	while ((scan = talkers_next_dirty(&s->vertical)))
		look_for_port_scan(s, scan);
	while ((scan = talkers_next_dirty(&s->horizontal)))
		look_for_sweep(s, scan);
}
