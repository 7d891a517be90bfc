/* spread_close: detectors of how the connections of a service end: never closed, reset, cut when idle. */
#include "detect/many.h"

#include <stdlib.h>
#include <string.h>

/* --- CLOSE-WAIT that piles up ----------------------------------------------------------------------- */

enum { LEAK_SLOTS = 6, LEAK_RISES = 3 };

/* Who should close: a host and the service that it offers or uses. */
struct leak {
	struct talker talker;
	uint32_t stuck, peak;
	uint32_t history[LEAK_SLOTS]; /* stuck at the end of each slot, newest first */
	uint8_t slots;
	uint64_t left;     /* were stuck, and are gone again */
	uint32_t left_now; /* in the present slot */
	int64_t first_ns, peak_ns;
	uint64_t at_alarm; /* `left` when the row began */
	bool leaking;      /* there is a row */
};

const uint32_t leak_bytes = sizeof(struct leak);

static struct leak *leak_of(struct talkers *t, const struct flow *flow, enum side closer)
{
	struct parties parties = many_parties(flow);
	struct talker_key key = closer == RESPONDER ? many_service_key(&parties) : many_pair_key(&parties);

	return talkers_take(t, &key);
}

void leak_begin(struct spread *s, struct flow *flow)
{
	enum side closer = flow->endpoint[RESPONDER].fin == OFFSET_NONE ? RESPONDER : INITIATOR;
	struct leak *leak = leak_of(&s->leaks, flow, closer);

	if (!leak)
		return;
	talkers_hold(&leak->talker);
	flow->leak = leak;
	if (!leak->stuck++) {
		leak->first_ns = flow->endpoint[side_other(closer)].fin_copies.first;
		leak->peak = 0;
	}
	talkers_mark(&s->leaks, &leak->talker);
	if (leak->stuck > leak->peak) {
		leak->peak = leak->stuck;
		leak->peak_ns = s->now_ns;
	}
}

void leak_end(struct spread *s, struct flow *flow)
{
	struct leak *leak = flow->leak;

	if (!leak)
		return;
	flow->leak = NULL;
	leak->stuck--;
	leak->left++;
	leak->left_now++;
	talkers_release(&s->leaks, &leak->talker);
	talkers_mark(&s->leaks, &leak->talker);
}

/* It rises in several slots, and falls in none. */
static bool rises(const struct leak *leak)
{
	int count = 0;

	for (int i = 0; i + 1 < leak->slots && leak->history[i] >= leak->history[i + 1]; i++)
		count += leak->history[i] > leak->history[i + 1];
	return count >= LEAK_RISES;
}

/* anomaly: close-wait-leak
 * tier:     3
 * on:       many
 * side:     second closer
 * severity: alert
 * rule:     model
 * rfc:      RFC 9293 3.6, 3.10.4
 * option:   close-wait-leak 10 so many connections of one program that stand in CLOSE-WAIT for longer than close-wait
 * option:   leak-slot 60s how often they are counted; more each time, three times at least
 * evidence: initiator_ip who should close, where that is the initiator
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: stuck connections in CLOSE-WAIT for longer than the threshold, now
 * evidence: peak most of them so far
 * evidence: peak_ns when that was
 * evidence: per_hour by how many it grew in an hour, from the first one to the peak
 * evidence: left how many more were stuck once, and were closed after all
 * evidence: full_us time until 1024 are stuck (the usual limit of open files), if it goes on like this
 * title:    CLOSE-WAIT piles up
 * seen:     more and more connections of one program whose peer has closed, and which it neither closes nor uses
 * means:    the program forgets to close its sockets: when it has no descriptors left, it takes no connection any more
 * check:    ss -tnp state close-wait on that host names the process; look where it does not close after read() returned
 *           0; lastack list with the address, state CLOSE-WAIT, shows since when
 */
static void raise_leak(struct spread *s, struct leak *leak)
{
	enum { FILES = 1024 };
	const struct talker_key *key = &leak->talker.key;
	static const struct addr nobody;
	bool of_initiator = memcmp(&key->b, &nobody, sizeof nobody) != 0;
	bool grows = leak->history[0] > leak->history[leak->slots - 1];
	double each_ns = (double)clock_since(leak->peak_ns, leak->first_ns) / leak->peak;
	int64_t full_us = grows && leak->stuck < FILES ? (int64_t)((FILES - leak->stuck) * each_ns / 1e3) : CLOCK_NONE;

	if (!leak->leaking)
		leak->at_alarm = leak->left;
	leak->leaking = true;
	many_raise(s, &(struct many_finding){ANOMALY_close_wait_leak, key, of_initiator ? INITIATOR : RESPONDER,
			      many_likely(s, &s->leaks), leak->stuck, leak->first_ns,
			      MANY_EVIDENCE(MANY_IP(of_initiator ? "initiator_ip" : "responder_ip", &key->a),
				      MANY_IP("responder_ip", of_initiator ? &key->b : NULL),
				      MANY_NUMBER("responder_port", key->port), MANY_NUMBER("stuck", leak->stuck),
				      MANY_NUMBER("peak", leak->peak), MANY_NUMBER("peak_ns", leak->peak_ns),
				      MANY_NUMBER("per_hour", 3600e9 / each_ns), MANY_NUMBER("left", leak->left),
				      MANY_NUMBER("full_us", full_us))});
}

/* What had piled up is gone again.  At once: the program was restarted, or came to itself.  One after the other: those
 * were connections that live long half-closed, and no leak. */
static void end_leak(struct spread *s, struct leak *leak)
{
	const struct talker_key *key = &leak->talker.key;

	if (leak->left_now * 2 >= leak->peak || leak->left - leak->at_alarm < leak->peak / 2)
		many_close(s, ANOMALY_close_wait_leak, key);
	else
		many_withdraw(s, ANOMALY_close_wait_leak, key);
	leak->leaking = false;
	leak->peak = leak->stuck;
	leak->first_ns = s->now_ns;
}

static void look_at_leak(struct spread *s, struct leak *leak)
{
	if (!leak->slots)
		leak->slots = 1; /* there were none before */
	memmove(leak->history + 1, leak->history, (LEAK_SLOTS - 1) * sizeof *leak->history);
	leak->history[0] = leak->stuck;
	if (leak->slots < LEAK_SLOTS)
		leak->slots++;
	if (leak->leaking && leak->stuck * 2 < leak->peak)
		end_leak(s, leak);
	else if ((int64_t)leak->stuck >= s->limits.value[LIMIT_close_wait_leak] && (leak->leaking || rises(leak)))
		raise_leak(s, leak);
	leak->left_now = 0;
	if (!leak->stuck)
		leak->slots = 0, leak->history[0] = 0;
	else
		talkers_mark(&s->leaks, &leak->talker);
}

void leak_look(struct spread *s)
{
	struct list due;
	struct leak *leak;

	/* who is marked again meanwhile is looked at the next time */
	if (list_empty(&s->leaks.dirty))
		return;
	due = s->leaks.dirty;
	due.next->prev = due.prev->next = &due;
	list_init(&s->leaks.dirty);
	while (!list_empty(&due)) {
		leak = LIST_ITEM(due.next, struct leak, talker.dirty);
		list_remove(&leak->talker.dirty);
		leak->talker.dirty = (struct list){NULL, NULL};
		look_at_leak(s, leak);
	}
}

/* --- resets ------------------------------------------------------------------------------------------ */

enum { SURGE_HISTORY_LEAST = 50, SURGE_PEERS = 8, SURGE_PERCENT = 25 };

static struct surge_slot *surge_slot(const struct spread *s, struct service *service)
{
	int64_t number = s->now_ns / many_slot_ns(s, LIMIT_reset_surge_slot), from = service->surge_slot + 1;

	if (number >= from) {
		if (number - from >= SURGE_SLOTS)
			from = number - SURGE_SLOTS + 1;
		for (; from <= number; from++)
			service->surge[(uint64_t)from % SURGE_SLOTS] = (struct surge_slot){0};
		service->surge_slot = number;
		service->reset_peers = (struct sketch){0};
		service->surge_first_ns[INITIATOR] = service->surge_first_ns[RESPONDER] = 0;
	}
	return &service->surge[(uint64_t)number % SURGE_SLOTS];
}

/* anomaly: reset-surge
 * tier:     3
 * on:       many
 * side:     sender
 * severity: warning
 * rule:     score
 * rfc:      RFC 9293 3.5.2, 3.10.7.4
 * option:   reset-surge 50 so many connections of a service that one side resets within a slot
 * option:   reset-surge-factor 3 and so many times their share in the slots before
 * option:   reset-surge-slot 1h length of a slot; the usual share is that of up to 23 slots before
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: resets connections that this side has reset in this slot
 * evidence: ended connections that have begun to close in this slot
 * evidence: share_percent their share
 * evidence: usual_permille their usual share, in thousandths
 * evidence: peers different initiators of those connections
 * evidence: peers_error_percent standard error of that number
 * evidence: peak_ns time of the last one
 * evidence: signs how many of three signs agree: the factor, a quarter of all that end, many initiators
 * title:    many more resets than usual
 * seen:     one side resets far more of the connections of a service than in the hours before
 * means:    the responder crashes, restarts or sheds load; or the initiators give up; or something on the path cuts
 * check:    connection-reset of single connections says what went before; compare the time with restarts and
 *           deployments; hop limits of the RSTs (rst-ttl-mismatch) show whether a device on the path sends them
 */
static void look_for_surge(struct spread *s, struct service *service, enum side by)
{
	const struct surge_slot *now = &service->surge[(uint64_t)service->surge_slot % SURGE_SLOTS];
	const struct talker_key *key = &service->talker.key;
	uint64_t closed = 0, reset = 0;
	int error;

	for (int i = 0; i < SURGE_SLOTS; i++) {
		closed += service->surge[i].closed;
		reset += service->surge[i].reset[by];
	}
	closed -= now->closed;
	reset -= now->reset[by];
	if (now->reset[by] < s->limits.value[LIMIT_reset_surge] || closed < SURGE_HISTORY_LEAST ||
		now->reset[by] * closed <
			(uint64_t)s->limits.value[LIMIT_reset_surge_factor] * (reset + 1) * now->closed)
		return;
	bool large = now->reset[by] * 100 >= (uint64_t)SURGE_PERCENT * now->closed;
	uint32_t peers = sketch_count(&service->reset_peers, &error);
	int signs = 1 + large + (sketch_least(&service->reset_peers) >= SURGE_PEERS);
	if (signs < 2)
		return;
	talkers_keep(&s->services, &service->talker);
	struct talker_key sided = *key;
	sided.b.octet[0] = (uint8_t)(1 + by); /* the rows of both sides are two */
	many_raise(s, &(struct many_finding){ANOMALY_reset_surge, &sided, by, many_score(s, signs, &s->services),
			      now->reset[by], service->surge_first_ns[by],
			      MANY_EVIDENCE(MANY_IP("responder_ip", &key->a), MANY_NUMBER("responder_port", key->port),
				      MANY_NUMBER("resets", now->reset[by]), MANY_NUMBER("ended", now->closed),
				      MANY_NUMBER("share_percent", (uint64_t)now->reset[by] * 100 / now->closed),
				      MANY_NUMBER("usual_permille", reset * 1000 / closed), MANY_NUMBER("peers", peers),
				      MANY_NUMBER("peers_error_percent", error), MANY_NUMBER("peak_ns", s->now_ns),
				      MANY_NUMBER("signs", signs))});
}

void surge_close(struct spread *s, const struct parties *parties, const struct closing *closing)
{
	struct talker_key key = many_service_key(parties);
	enum side by = closing->by;
	struct service *service = talkers_take(&s->services, &key);

	if (!service)
		return;
	open_loss(service, closing);
	struct surge_slot *slot = surge_slot(s, service);
	if (++slot->closed >= SURGE_HISTORY_LEAST)
		talkers_keep(&s->services, &service->talker);
	if (!closing->reset)
		return;
	slot->reset[by]++;
	if (!service->surge_first_ns[by])
		service->surge_first_ns[by] = closing->time_ns;
	sketch_add(&service->reset_peers, &parties->ip[INITIATOR], 0);
	look_for_surge(s, service, by);
}

/* --- idle connections that are cut ------------------------------------------------------------------- */

enum { CUTS = 32, CUT_PERCENT = 5, CUT_INITIATORS = 3 };

struct idle {
	struct talker talker;
	int64_t cut_ns[CUTS]; /* how long the last ones had been silent */
	uint32_t cuts;        /* all */
	int64_t longest_ns, first_ns;
	uint32_t survived[CUTS]; /* silences that others outlived, by the binary logarithm of their seconds */
	struct sketch initiators;
};

const uint32_t idle_bytes = sizeof(struct idle);

static int log_of(int64_t silence_ns)
{
	uint64_t seconds = (uint64_t)(silence_ns / NS_PER_S) | 1;

	return 63 - __builtin_clzll(seconds);
}

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many of the last cuts lie close together, and where. */
static int agreeing(const struct idle *idle, int count, int64_t *median_ns)
{
	int64_t sorted[CUTS];
	int near = 0;

	memcpy(sorted, idle->cut_ns, (size_t)count * sizeof *sorted);
	qsort(sorted, (size_t)count, sizeof *sorted, by_length);
	*median_ns = sorted[count / 2];
	for (int i = 0; i < count; i++) {
		int64_t off = sorted[i] > *median_ns ? sorted[i] - *median_ns : *median_ns - sorted[i];

		near += off <= *median_ns / 100 * CUT_PERCENT;
	}
	return near;
}

/* anomaly: idle-cut
 * tier:     3
 * on:       many
 * side:     -
 * severity: warning
 * rule:     score
 * rfc:      RFC 5382 5; RFC 9293 3.8.4
 * option:   idle-cut 10 so many connections of a service that are dead after a silence of one length
 * option:   idle-cut-share 80 and so many percent of those that are dead after any silence
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: idle_us the silence after which they are dead (median)
 * evidence: near of the last connections found dead, those whose silence was within 5 % of that
 * evidence: of how many those were
 * evidence: outlived silences twice as long or more that other connections of the service outlived
 * evidence: initiators different initiators
 * evidence: initiators_error_percent standard error of that number
 * evidence: signs how many of three signs agree: one length, nothing that outlived it, several initiators
 * title:    idle connections are cut
 * seen:     connections that were silent for one and the same time are reset, or do not answer, when they are used
 *           again
 * means:    a firewall, load balancer or address translator between forgets connections after that time
 * check:    what on the path has such a timeout? Set keep-alives of both ends (net.ipv4.tcp_keepalive_time) or the idle
 *           timeout of the application well below it
 */
static void look_for_cut(struct spread *s, struct idle *idle)
{
	const struct talker_key *key = &idle->talker.key;
	int count = idle->cuts < CUTS ? (int)idle->cuts : CUTS, error;
	uint32_t outlived = 0;
	int64_t median;

	if ((int64_t)idle->cuts < s->limits.value[LIMIT_idle_cut])
		return;
	int near = agreeing(idle, count, &median);
	if (near < s->limits.value[LIMIT_idle_cut] || near * 100 < s->limits.value[LIMIT_idle_cut_share] * count)
		return;
	for (int i = log_of(median) + 2; i < CUTS; i++)
		outlived += idle->survived[i];
	uint32_t initiators = sketch_count(&idle->initiators, &error);
	int signs = 1 + !outlived + (sketch_least(&idle->initiators) >= CUT_INITIATORS);
	if (signs < 2 || outlived * 5 > idle->cuts)
		return;
	talkers_keep(&s->idles, &idle->talker);
	many_raise(s, &(struct many_finding){ANOMALY_idle_cut, key, NEITHER, many_score(s, signs, &s->idles),
			      idle->cuts, idle->first_ns,
			      MANY_EVIDENCE(MANY_IP("responder_ip", &key->a), MANY_NUMBER("responder_port", key->port),
				      MANY_NUMBER("idle_us", median / NS_PER_US), MANY_NUMBER("near", near),
				      MANY_NUMBER("of", count), MANY_NUMBER("outlived", outlived),
				      MANY_NUMBER("initiators", initiators),
				      MANY_NUMBER("initiators_error_percent", error), MANY_NUMBER("signs", signs))});
}

void idle_cut(struct spread *s, const struct flow *flow)
{
	struct parties parties = many_parties(flow);
	struct talker_key key = many_service_key(&parties);
	struct idle *idle = talkers_take(&s->idles, &key);

	if (!idle)
		return;
	if (!idle->cuts)
		idle->first_ns = s->now_ns;
	idle->cut_ns[idle->cuts++ % CUTS] = flow->silence_ns;
	sketch_add(&idle->initiators, &flow->endpoint[INITIATOR].ip, 0);
	look_for_cut(s, idle);
}

void idle_survived(struct spread *s, const struct flow *flow)
{
	struct parties parties = many_parties(flow);
	struct talker_key key = many_service_key(&parties);
	struct idle *idle = talkers_find(&s->idles, &key);

	if (idle && log_of(flow->silence_ns) < CUTS)
		idle->survived[log_of(flow->silence_ns)]++;
}
