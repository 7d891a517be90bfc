/* spread_open: detectors of what listeners suffer: SYN floods, queues that overflow. */
#include "detect/many.h"

static bool is_failure(enum attempt how)
{
	return how == ATTEMPT_HALF || how == ATTEMPT_SILENT || how == ATTEMPT_ABORTED;
}

static struct open_slot *slot_at(struct service *service, int64_t second)
{
	return &service->slot[(uint64_t)second % OPEN_SLOTS];
}

/* The slot of this second, empty when it begins. */
static struct open_slot *slot_now(const struct spread *s, struct service *service)
{
	int64_t from = service->second + 1;

	if (s->second >= from) {
		if (s->second - from >= OPEN_SLOTS)
			from = s->second - OPEN_SLOTS + 1;
		for (; from <= s->second; from++)
			*slot_at(service, from) = (struct open_slot){.first_ns = INT64_MAX};
		service->second = s->second;
	}
	return slot_at(service, s->second);
}

static struct service *service_of(struct spread *s, const struct parties *parties)
{
	struct talker_key key = many_service_key(parties);

	return talkers_take(&s->services, &key);
}

void open_attempt(
	struct spread *s, const struct watched *watched, const struct parties *parties, enum attempt how, bool late)
{
	struct service *service = service_of(s, parties);

	if (!service)
		return;
	struct open_slot *slot = slot_now(s, service);
	slot->came[how]++;
	if (!is_failure(how)) {
		slot->direct += how == ATTEMPT_DONE && !late && !(watched->marks & MARK_REPEATED);
		return;
	}
	slot->stubborn += watched->marks & MARK_REPEATED ? 1 : 0;
	slot->replied += watched->marks & MARK_REPLIED ? 1 : 0;
	if (parties->syn_ns < slot->first_ns)
		slot->first_ns = parties->syn_ns;
	if (!service->flooded && s->second - service->sources_s > OPEN_SLOTS) {
		service->sources = (struct sketch){0};
		service->sources_s = s->second;
	}
	sketch_add(&service->sources, &parties->ip[INITIATOR], 0);
	service->flood_total += service->flooded;
	talkers_mark(&s->services, &service->talker);
}

void open_again(struct spread *s, const struct flow *flow)
{
	struct parties parties = many_parties(flow);
	struct service *service = service_of(s, &parties);

	if (!service)
		return;
	struct open_slot *slot = slot_now(s, service);
	slot->again++;
	if (s->second - service->again_s > OPEN_SLOTS)
		service->again_from = (struct sketch){0};
	service->again_s = s->second;
	sketch_add(&service->again_from, &parties.ip[INITIATOR], 0);
	service->overflow_total += service->overflowing;
	talkers_keep(&s->services, &service->talker);
	talkers_mark(&s->services, &service->talker);
}

void open_loss(struct service *service, const struct closing *closing)
{
	service->segments += (uint32_t)closing->segments;
	service->resent += (uint32_t)closing->resent;
	if (service->segments > INT32_MAX / 2) {
		service->segments /= 2;
		service->resent /= 2;
	}
}

/* --- the window ----------------------------------------------------------------------------------- */

struct open_sums {
	uint32_t came[ATTEMPTS], all, failed, direct, stubborn, again, replied, mixed;
	int64_t first_ns;
};

static struct open_sums sum_up(const struct service *service)
{
	struct open_sums sums = {.first_ns = INT64_MAX};

	for (int i = 0; i < OPEN_SLOTS; i++) {
		const struct open_slot *slot = &service->slot[i];

		for (int how = 0; how < ATTEMPTS; how++) {
			sums.came[how] += slot->came[how];
			sums.all += slot->came[how];
			if (is_failure((enum attempt)how))
				sums.failed += slot->came[how];
		}
		sums.direct += slot->direct;
		sums.stubborn += slot->stubborn;
		sums.again += slot->again;
		sums.replied += slot->replied;
		sums.mixed += slot->again && slot->direct;
		if (slot->first_ns && slot->first_ns < sums.first_ns)
			sums.first_ns = slot->first_ns;
	}
	return sums;
}

/* --- floods --------------------------------------------------------------------------------------- */

/* anomaly: syn-flood
 * tier:     3
 * on:       many
 * side:     responder
 * severity: alert
 * rule:     score
 * rfc:      RFC 4987 2, 3
 * option:   syn-flood 200 so many handshakes to one service within 10 s that come to nothing
 * option:   syn-flood-share 80 and so many percent of all
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: peak most of them within 10 s
 * evidence: peak_ns when that was
 * evidence: share_percent share of all attempts within those last 10 s
 * evidence: half_open of the last 10 s: answered by SYN+ACK, and nothing came after it
 * evidence: unanswered not answered at all
 * evidence: aborted the initiator answered the SYN+ACK with a RST
 * evidence: completed handshakes completed in the same time
 * evidence: sources different addresses that they came from, in the whole episode
 * evidence: sources_error_percent standard error of that number
 * evidence: repeated_percent share of those that sent their SYN again, as every real TCP does
 * evidence: signs how many of four signs agree: half-open ones, SYNs sent once only, many sources, SYN+ACKs sent again
 * title:    SYN flood
 * seen:     a service gets many SYNs whose handshakes are never completed, and hardly any others
 * means:    somebody fills its backlog of half-open connections, mostly from forged addresses; others find no room
 * check:    SYN cookies (net.ipv4.tcp_syncookies), the size of the backlog, filtering of forged sources upstream; one
 *           source alone is a broken or misused host: look at what it runs
 */
static int flood_signs(const struct spread *s, const struct service *service, const struct open_sums *sums, bool *known)
{
	int64_t least = s->limits.value[LIMIT_syn_flood];
	uint32_t answered = sums->came[ATTEMPT_HALF] + sums->came[ATTEMPT_ABORTED];
	bool half = answered * 10 >= sums->failed && answered * 5 >= (answered + sums->came[ATTEMPT_DONE]) * 4;
	bool once = sums->stubborn * 10 <= sums->failed;
	bool spread_out = sketch_least(&service->sources) * 4 >= (least < SKETCH_BITS ? least : SKETCH_BITS);
	bool replied = sums->replied * 10 >= answered && sums->replied;

	/* a capture of SYNs alone shows every handshake as half-open */
	*known = s->handshakes || replied || sums->came[ATTEMPT_ABORTED];
	return half + once + spread_out + replied;
}

static void look_for_flood(struct spread *s, struct service *service, const struct open_sums *sums)
{
	int64_t least = s->limits.value[LIMIT_syn_flood], share = s->limits.value[LIMIT_syn_flood_share];
	const struct talker_key *key = &service->talker.key;
	bool known;
	int error, signs;

	if (sums->failed <= least || (int64_t)sums->failed * 100 <= share * sums->all)
		return;
	talkers_keep(&s->services, &service->talker);
	signs = flood_signs(s, service, sums, &known);
	if (signs < 2)
		return;
	if (!service->flooded) {
		service->flooded = true;
		service->flood_first_ns = sums->first_ns;
		service->flood_peak = 0;
		service->flood_total = sums->failed;
	}
	if (sums->failed > service->flood_peak) {
		service->flood_peak = sums->failed;
		service->flood_peak_ns = s->now_ns;
	}
	uint32_t sources = sketch_count(&service->sources, &error);
	many_raise(s, &(struct many_finding){ANOMALY_syn_flood, key, RESPONDER,
			      known ? many_score(s, signs, &s->services) : CONFIDENCE_UNSURE, service->flood_total,
			      service->flood_first_ns,
			      MANY_EVIDENCE(MANY_IP("responder_ip", &key->a), MANY_NUMBER("responder_port", key->port),
				      MANY_NUMBER("peak", service->flood_peak),
				      MANY_NUMBER("peak_ns", service->flood_peak_ns),
				      MANY_NUMBER("share_percent", (int64_t)sums->failed * 100 / sums->all),
				      MANY_NUMBER("half_open", sums->came[ATTEMPT_HALF]),
				      MANY_NUMBER("unanswered", sums->came[ATTEMPT_SILENT]),
				      MANY_NUMBER("aborted", sums->came[ATTEMPT_ABORTED]),
				      MANY_NUMBER("completed", sums->came[ATTEMPT_DONE]),
				      MANY_NUMBER("sources", sources), MANY_NUMBER("sources_error_percent", error),
				      MANY_NUMBER("repeated_percent", (int64_t)sums->stubborn * 100 / sums->failed),
				      MANY_NUMBER("signs", signs))});
}

/* --- queues --------------------------------------------------------------------------------------- */

/* anomaly: listen-overflow
 * tier:     3
 * on:       many
 * side:     responder
 * severity: warning
 * rule:     absence
 * rfc:      RFC 9293 3.8.1, 3.9.1.1
 * option:   listen-overflow 20 so many attempts to connect to one service within 10 s at least
 * option:   listen-overflow-share 5 so many percent of them that had to repeat themselves
 * evidence: responder_ip address of the service
 * evidence: responder_port its port
 * evidence: attempts attempts within the last 10 s
 * evidence: completed of them completed at once
 * evidence: repeated times that a SYN was sent again unanswered, or a SYN+ACK although it had been acknowledged
 * evidence: seconds of the last 10 seconds, those in which some got through and others did not
 * evidence: data_loss_percent share of segments that its connections sent again, for comparison
 * title:    queue of a listener overflows
 * seen:     some SYNs to a service must be sent again before they are answered, while others get through at once
 * means:    its queue of connections that wait for accept() is full now and then: the system drops what does not fit
 * check:    on the responder: ListenOverflows and ListenDrops (nstat), the backlog of listen(), net.core.somaxconn; is
 *           the application too slow to accept?
 */
static void look_for_overflow(struct spread *s, struct service *service, const struct open_sums *sums)
{
	enum { AGAIN_LEAST = 4, MIXED_LEAST = 3, PATHS_LEAST = 3 };
	int64_t least = s->limits.value[LIMIT_listen_overflow], share = s->limits.value[LIMIT_listen_overflow_share];
	const struct talker_key *key = &service->talker.key;
	int64_t attempts = sums->all > sums->direct + sums->again ? sums->all : sums->direct + sums->again;

	if (sums->again < AGAIN_LEAST || sums->mixed < MIXED_LEAST || attempts < least ||
		sums->again * 100 < share * attempts || sums->direct * 4 < attempts)
		return;
	/* loss on the path hits data as much as SYNs */
	bool lossy_path = service->segments && (uint64_t)service->resent * 2 * (uint64_t)attempts >=
						       (uint64_t)service->segments * sums->again;
	bool one_path = sketch_least(&service->again_from) < PATHS_LEAST && sums->again * 5 < attempts;
	if (lossy_path || one_path || service->flooded)
		return;
	if (!service->overflowing) {
		service->overflowing = true;
		service->overflow_first_ns = s->now_ns - OPEN_SLOTS * NS_PER_S;
		service->overflow_total = sums->again;
	}
	many_raise(s, &(struct many_finding){ANOMALY_listen_overflow, key, RESPONDER, many_likely(s, &s->services),
			      service->overflow_total, service->overflow_first_ns,
			      MANY_EVIDENCE(MANY_IP("responder_ip", &key->a), MANY_NUMBER("responder_port", key->port),
				      MANY_NUMBER("attempts", attempts), MANY_NUMBER("completed", sums->direct),
				      MANY_NUMBER("repeated", sums->again), MANY_NUMBER("seconds", sums->mixed),
				      MANY_NUMBER("data_loss_percent",
					      service->segments ? (int64_t)service->resent * 100 / service->segments
								: CLOCK_NONE))});
}

void open_look(struct spread *s, struct service *service)
{
	const struct talker_key *key = &service->talker.key;

	slot_now(s, service);
	struct open_sums sums = sum_up(service);
	service->flooded = service->flooded && many_is_open(s, ANOMALY_syn_flood, key);
	service->overflowing = service->overflowing && many_is_open(s, ANOMALY_listen_overflow, key);
	if (sums.failed)
		look_for_flood(s, service, &sums);
	if (sums.again)
		look_for_overflow(s, service, &sums);
}
