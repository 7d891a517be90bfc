/* day: a day of traffic with four faults hidden in it, at known times: they are found, with time and culprit, and
 * nobody else is accused.
 *
 * What is usual is there too: short and long connections of several hosts, loss, resets, refusals, a listener that is
 * restarted, a host that is away for a while, health checks of backends that are down, a crawler, a translator, pools
 * that are half-closed for minutes.  Each hour is busy for five minutes; in between there are keep-alives alone. */
#include <stdlib.h>

#include "base/err.h"
#include "detect/detect.h"
#include "record/record.h"
#include "tests/lib/tap.h"
#include "tests/property/talk.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { HOURS = 24, BUSY_S = 300, PORTS = 1500, CONNECTIONS = 1 << 16 };

#define START_NS INT64_C(1790000000000000000)
#define HOUR_NS (3600 * NS_PER_S)

struct day {
	uint64_t random;
	struct segment *segment;
	size_t count, room;
	uint16_t port; /* of the next initiator */
	char leaker[ADDR_TEXT], exhausted[ADDR_TEXT], flooded[ADDR_TEXT], scanner[ADDR_TEXT];
	int64_t leak_ns, exhaustion_ns, flood_ns, scan_ns;
};

static uint32_t below(struct day *d, uint32_t limit)
{
	return talk_random(&d->random, limit);
}

static int64_t jitter(struct day *d, int64_t span_ns)
{
	return (int64_t)(span_ns / 1000 * below(d, 1000));
}

/* --- one connection ------------------------------------------------------------------------------- */

struct call {
	struct addr ip[SIDES];
	uint16_t port[SIDES];
	uint32_t next[SIDES];
	uint16_t id[SIDES];
	uint8_t ttl;
	int64_t at, way_ns; /* now; a round trip */
};

static struct addr host(unsigned a, unsigned b, unsigned c)
{
	uint8_t four[4] = {10, (uint8_t)a, (uint8_t)b, (uint8_t)c};

	return addr_from_v4(four);
}

static struct call begin(struct day *d, struct addr from, struct addr to, uint16_t port, int64_t at)
{
	struct call c = {.ip = {from, to}, .port = {d->port, port}, .ttl = 64, .at = at};

	d->port = d->port == 60999 ? 32768 : (uint16_t)(d->port + 1);
	c.way_ns = (1 + below(d, 30)) * NS_PER_MS;
	c.next[INITIATOR] = below(d, UINT32_MAX);
	c.next[RESPONDER] = below(d, UINT32_MAX);
	c.id[INITIATOR] = (uint16_t)below(d, 65536);
	return c;
}

/* A segment `wait_ns` after the one before; `again` octets below its next number. */
static void say(
	struct day *d, struct call *c, enum side side, uint8_t ctl, uint32_t length, int64_t wait_ns, uint32_t again)
{
	enum side peer = side == INITIATOR ? RESPONDER : INITIATOR;

	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 1 << 16;
		d->segment = mem_grow(d->segment, d->room * sizeof *d->segment);
	}
	c->at += wait_ns;
	d->segment[d->count++] = (struct segment){
		.time_ns = c->at,
		.source = c->ip[side],
		.destination = c->ip[peer],
		.source_port = c->port[side],
		.destination_port = c->port[peer],
		.seq = c->next[side] - again,
		.ack = ctl & CTL_ACK ? c->next[peer] : 0,
		.payload_len = length,
		.len = length + !!(ctl & CTL_SYN) + !!(ctl & CTL_FIN),
		.wnd = 64240,
		.ctl = ctl,
		.ttl = c->ttl,
		.has_ip_id = true,
		.ip_id = ++c->id[side],
		.ip_bytes = 40 + length,
		.checksum = CHECKSUM_GOOD,
		.digest = length ? c->next[side] - again + 1 : 0,
		.vlan = VLAN_NONE,
	};
	if (!again)
		c->next[side] += d->segment[d->count - 1].len;
}

enum { S = CTL_SYN, A = CTL_ACK, F = CTL_FIN, R = CTL_RST, P = CTL_PSH };

static void open_call(struct day *d, struct call *c)
{
	say(d, c, INITIATOR, S, 0, 0, 0);
	say(d, c, RESPONDER, S | A, 0, c->way_ns / 2, 0);
	say(d, c, INITIATOR, A, 0, c->way_ns / 2, 0);
}

/* A request and its answer; now and then a segment is lost before its receiver, and sent again. */
static void exchange(struct day *d, struct call *c)
{
	say(d, c, INITIATOR, P | A, 200, NS_PER_MS, 0);
	if (!below(d, 100))
		say(d, c, INITIATOR, P | A, 200, 230 * NS_PER_MS, 200);
	say(d, c, RESPONDER, P | A, 1000, c->way_ns + jitter(d, 20 * NS_PER_MS), 0);
	if (!below(d, 100))
		say(d, c, RESPONDER, P | A, 1000, 240 * NS_PER_MS, 1000);
	say(d, c, INITIATOR, A, 0, c->way_ns, 0);
}

static void close_call(struct day *d, struct call *c, enum side first)
{
	enum side second = first == INITIATOR ? RESPONDER : INITIATOR;

	say(d, c, first, F | A, 0, NS_PER_MS, 0);
	say(d, c, second, F | A, 0, c->way_ns, 0);
	say(d, c, first, A, 0, c->way_ns, 0);
}

/* A usual one from begin to end. */
static void visit(struct day *d, struct addr from, struct addr to, uint16_t port, int64_t at)
{
	struct call c = begin(d, from, to, port, at);
	uint32_t kind = below(d, 200);

	if (kind < 2) { /* its SYN is lost */
		say(d, &c, INITIATOR, S, 0, 0, 0);
		c.next[INITIATOR]--;
		c.at += NS_PER_S;
	}
	open_call(d, &c);
	for (uint32_t n = below(d, 4); n < 4; n++)
		exchange(d, &c);
	if (kind == 3) {
		say(d, &c, INITIATOR, R | A, 0, NS_PER_MS, 0);
	} else if (kind == 4) {
		say(d, &c, RESPONDER, R | A, 0, NS_PER_MS, 0);
	} else {
		close_call(d, &c, kind & 1 ? INITIATOR : RESPONDER);
	}
}

static void refused(struct day *d, struct addr from, struct addr to, uint16_t port, int64_t at)
{
	struct call c = begin(d, from, to, port, at);

	say(d, &c, INITIATOR, S, 0, 0, 0);
	say(d, &c, RESPONDER, R | A, 0, c.way_ns / 2, 0);
}

/* As a real TCP tries: after 1, 3 and 7 seconds again. */
static void unanswered(struct day *d, struct addr from, struct addr to, uint16_t port, int64_t at)
{
	struct call c = begin(d, from, to, port, at);

	say(d, &c, INITIATOR, S, 0, 0, 0);
	for (int i = 1; i < 8; i *= 2)
		say(d, &c, INITIATOR, S, 0, i * NS_PER_S, 1);
}

/* --- what is usual -------------------------------------------------------------------------------- */

static void usual_hour(struct day *d, int64_t hour)
{
	for (int i = 0; i < 240; i++) /* offices and their services */
		visit(d, host(1, below(d, 4), 1 + below(d, 20)), host(2, 0, 1 + below(d, 4)), below(d, 2) ? 443 : 8080,
			hour + jitter(d, BUSY_S * NS_PER_S));
	for (int i = 0; i < 60; i++) /* a translator: many hosts behind one address */
		visit(d, host(3, 0, 1), host(2, 0, 1), 443, hour + jitter(d, BUSY_S * NS_PER_S));
	for (unsigned i = 0; i < 60; i++) { /* a crawler; some hosts are gone */
		struct addr to = host(4, i, below(d, 200));
		if (below(d, 5))
			visit(d, host(3, 0, 2), to, 80, hour + jitter(d, 60 * NS_PER_S));
		else
			refused(d, host(3, 0, 2), to, 80, hour + jitter(d, 60 * NS_PER_S));
	}
	for (int i = 0; i < 10; i++) /* somebody always has a wrong address */
		refused(d, host(1, 0, 1 + below(d, 20)), host(2, 0, 9), 9000, hour + jitter(d, BUSY_S * NS_PER_S));
}

/* Thirty backends, checked every ten seconds; in some hours all of them are down for a minute. */
static void checks(struct day *d, int64_t hour, bool down)
{
	for (int round = 0; round < 12; round++)
		for (unsigned b = 1; b <= 30; b++) {
			int64_t at = hour + round * 10 * NS_PER_S + b * 20 * NS_PER_MS;

			if (down && round >= 4 && round < 10)
				refused(d, host(3, 0, 3), host(2, 1, b), 8000, at);
			else
				visit(d, host(3, 0, 3), host(2, 1, b), 8000, at);
		}
}

/* A listener is restarted: refused for three seconds, tried again by everybody each half second. */
static void restart(struct day *d, int64_t at)
{
	for (unsigned i = 1; i <= 60; i++)
		for (int n = 0; n < 6; n++)
			refused(d, host(1, i % 4, i % 20 + 1), host(2, 0, 1), 443,
				at + n * 500 * NS_PER_MS + i * NS_PER_MS);
	for (unsigned i = 1; i <= 60; i++)
		visit(d, host(1, i % 4, i % 20 + 1), host(2, 0, 1), 443, at + 3 * NS_PER_S + i * NS_PER_MS);
}

/* A host is away for a while: real TCPs knock. */
static void outage(struct day *d, int64_t at)
{
	for (unsigned i = 0; i < 400; i++)
		unanswered(d, host(1, i % 4, i % 20 + 1), host(2, 0, 3), 443, at + i * 40 * NS_PER_MS);
}

/* Connections that are half-closed for some minutes, as many as before, all day; and connections that live all day. */
static void pools(struct day *d, int64_t hour)
{
	for (int i = 0; i < 12; i++) {
		struct call c = begin(d, host(1, 0, 1 + (unsigned)i), host(2, 0, 5), 8443, hour + i * 20 * NS_PER_S);

		open_call(d, &c);
		exchange(d, &c);
		say(d, &c, INITIATOR, F | A, 0, NS_PER_MS, 0);
		say(d, &c, RESPONDER, A, 0, c.way_ns, 0);
		say(d, &c, RESPONDER, F | A, 0, 110 * NS_PER_S, 0);
		say(d, &c, INITIATOR, A, 0, c.way_ns, 0);
	}
}

static void all_day(struct day *d, unsigned number)
{
	struct call c = begin(d, host(1, 1, number), host(2, 0, 6), 5432, START_NS + (int64_t)number * NS_PER_S);

	open_call(d, &c);
	for (int i = 0; i < HOURS * 4 - 1; i++) {
		exchange(d, &c);
		c.at += 900 * NS_PER_S;
		say(d, &c, INITIATOR, A, 0, 0, 1);
		say(d, &c, RESPONDER, A, 0, c.way_ns, 0);
	}
	close_call(d, &c, INITIATOR);
}

/* --- what is hidden ------------------------------------------------------------------------------- */

static void leak(struct day *d, struct addr program)
{
	addr_print(&program, d->leaker);
	for (int i = 0; i < 60; i++) {
		struct call c = begin(d, host(1, below(d, 4), 1 + below(d, 20)), program, 8080,
			d->leak_ns + i * 30 * NS_PER_S + jitter(d, 5 * NS_PER_S));

		open_call(d, &c);
		exchange(d, &c);
		say(d, &c, INITIATOR, F | A, 0, NS_PER_MS, 0);
		say(d, &c, RESPONDER, A, 0, c.way_ns, 0);
	}
}

static void exhaustion(struct day *d, struct addr from, struct addr to)
{
	addr_print(&from, d->exhausted);
	for (int i = 0; i < PORTS * 9 / 10; i++) {
		struct call c = begin(d, from, to, 443, d->exhaustion_ns + i * 35 * NS_PER_MS);

		c.port[INITIATOR] = (uint16_t)(40000 + i);
		open_call(d, &c);
		exchange(d, &c);
		close_call(d, &c, INITIATOR);
	}
}

static void flood(struct day *d, struct addr to)
{
	addr_print(&to, d->flooded);
	for (int i = 0; i < 2400; i++) {
		struct call c = begin(d, host(200 + below(d, 50), below(d, 256), below(d, 256)), to, 443,
			d->flood_ns + i * 12 * NS_PER_MS + jitter(d, 5 * NS_PER_MS));

		c.ttl = (uint8_t)(40 + below(d, 20));
		say(d, &c, INITIATOR, S, 0, 0, 0);
		say(d, &c, RESPONDER, S | A, 0, NS_PER_MS, 0);
		say(d, &c, RESPONDER, S | A, 0, NS_PER_S, 1);
	}
}

static void scan(struct day *d, struct addr from, struct addr to)
{
	addr_print(&from, d->scanner);
	for (int i = 0; i < 150; i++) {
		uint16_t port = (uint16_t)(1 + i * 7);
		int64_t at = d->scan_ns + i * 200 * NS_PER_MS + jitter(d, 50 * NS_PER_MS);

		if (i % 3) {
			refused(d, from, to, port, at);
			continue;
		}
		struct call c = begin(d, from, to, port, at);
		say(d, &c, INITIATOR, S, 0, 0, 0);
	}
}

/* --- the day -------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->packet < y->packet ? -1 : x->packet > y->packet;
}

/* When something hidden begins: in the busy minutes of an hour that nothing else has. */
static int64_t moment(struct day *d, int hour)
{
	return START_NS + hour * HOUR_NS + jitter(d, 200 * NS_PER_S);
}

static void make_day(struct day *d, uint64_t seed, bool faulty)
{
	*d = (struct day){.random = seed, .port = 32768};
	for (int hour = 0; hour < HOURS; hour++) {
		usual_hour(d, START_NS + hour * HOUR_NS);
		if (hour % 6 == 5)
			checks(d, START_NS + hour * HOUR_NS, hour > 6);
		pools(d, START_NS + hour * HOUR_NS);
	}
	for (unsigned i = 1; i <= 20; i++)
		all_day(d, i);
	restart(d, moment(d, 7));
	outage(d, moment(d, 9));
	d->leak_ns = moment(d, 10 + (int)below(d, 3));
	d->exhaustion_ns = moment(d, 14 + (int)below(d, 2));
	d->flood_ns = moment(d, 16 + (int)below(d, 3));
	d->scan_ns = moment(d, 20 + (int)below(d, 3));
	if (faulty) {
		leak(d, host(2, 0, 1 + below(d, 4)));
		exhaustion(d, host(1, 9, 1 + below(d, 20)), host(2, 0, 1 + below(d, 4)));
		flood(d, host(2, 0, 1 + below(d, 4)));
		scan(d, host(1, 3, 1 + below(d, 20)), host(2, 2, below(d, 200)));
	}
	for (size_t i = 0; i < d->count; i++)
		d->segment[i].packet = i;
	qsort(d->segment, d->count, sizeof *d->segment, by_time);
	for (size_t i = 0; i < d->count; i++)
		d->segment[i].packet = i + 1;
}

/* --- what is said of it --------------------------------------------------------------------------- */

struct found {
	struct detect *detect;
	struct day *day;
	int right, wrong, wrong_sure;
	uint32_t twice;
	uint32_t seen; /* a bit for each of the four */
	bool show;
};

static void watch(void *context, const struct observation *o)
{
	const struct found *f = context;

	detect_segment(f->detect, o);
}

static void look(void *context, struct flow *flow, int64_t now_ns)
{
	const struct found *f = context;

	detect_look(f->detect, flow, now_ns);
}

static void closed(void *context, const struct flow *flow)
{
	const struct found *f = context;
	struct detect_summary summary;

	detect_end(f->detect, flow, &summary);
	detect_forget(f->detect, flow);
}

static void take_row(void *context, const struct anomaly_record *row)
{
	struct found *f = context;
	const struct day *d = f->day;
	const struct {
		const char *code, *culprit;
		int64_t from_ns, late_ns; /* known by when at the latest */
	} hidden[] = {
		{"close-wait-leak", d->leaker, d->leak_ns, 900 * NS_PER_S},
		{"port-exhaustion", d->exhausted, d->exhaustion_ns, 60 * NS_PER_S},
		{"syn-flood", d->flooded, d->flood_ns, 20 * NS_PER_S},
		{"port-scan", d->scanner, d->scan_ns, 30 * NS_PER_S},
	};

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		char culprit[ADDR_TEXT + 2];
		int64_t from = hidden[i].from_ns;

		snprintf(culprit, sizeof culprit, "\"%s\"", hidden[i].culprit);
		if (strcmp(row->code, hidden[i].code) || !*hidden[i].culprit || !strstr(row->evidence, culprit) ||
			row->first_ns < from || row->first_ns > from + 60 * NS_PER_S || row->time_ns < row->first_ns ||
			row->time_ns > from + hidden[i].late_ns || row->withdrawn_ns != CLOCK_NONE)
			continue;
		f->right += !(f->seen >> i & 1);
		f->twice += f->seen >> i & 1;
		f->seen |= 1U << i;
		if (f->show)
			printf("# %s: after %.0f s; begun %.0f s in; %s; %lld; %s\n", row->code,
				(double)(row->time_ns - from) / 1e9, (double)(row->first_ns - from) / 1e9,
				row->confidence, (long long)row->count, row->evidence);
		return;
	}
	f->wrong++;
	f->wrong_sure += !strcmp(row->confidence, confidence_words[CONFIDENCE_SURE]);
	printf("# accused: %s %s %.0f s after the start, known after %.0f s, %s\n", row->code, row->confidence,
		(double)(row->first_ns - START_NS) / 1e9, (double)(row->time_ns - START_NS) / 1e9, row->evidence);
}

/* `lost`: that one of ten packets is missing in the capture; 10: none. */
static struct found run_day(uint64_t seed, bool faulty, bool show, unsigned lost)
{
	struct day day;
	struct found f = {.day = &day, .show = show};
	struct err err;
	struct limits limits;

	make_day(&day, seed, faulty);
	limits_init(&limits);
	char ports[40];
	snprintf(ports, sizeof ports, "ephemeral-ports=%d", PORTS);
	limits_set(&limits, ports, &err);
	f.detect = detect_new(&(struct detect_options){.limits = limits, .max_connections = CONNECTIONS});
	struct tracker *tracker = tracker_new(&(struct tracker_options){.stack = stacks[STACK_LINUX],
						      .max_connections = CONNECTIONS,
						      .first_id = 1,
						      .observed = watch,
						      .looked = look},
		closed, &f);
	for (size_t i = 0; i < day.count; i++) {
		if (i % 10 == lost)
			continue;
		tracker_advance(tracker, day.segment[i].time_ns);
		detect_packet(f.detect, day.segment[i].time_ns, day.segment[i].packet);
		tracker_segment(tracker, &day.segment[i]);
	}
	if (show)
		printf("# seed %llu: %zu segments, %llu connections\n", (unsigned long long)seed, day.count,
			(unsigned long long)tracker_stats(tracker)->connections);
	tracker_finish(tracker, CLOCK_NONE);
	detect_many(f.detect, take_row, &f);
	tracker_free(tracker);
	detect_free(f.detect);
	free(day.segment);
	return f;
}

/* Seeds may be given: how many, from which on. */
int main(int argc, char **argv)
{
	int seeds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 3;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	int right = 0, wrong = 0, twice = 0;

	for (int i = 0; i < seeds; i++) {
		struct found f = run_day(first + (uint64_t)i, true, argc > 1, 10);

		right += f.right;
		wrong += f.wrong;
		twice += (int)f.twice;
	}
	tap_equal_int(right, 4 * seeds, "leak, exhaustion, flood and scan are found, with time and culprit");
	tap_equal_int(twice, 0, "each in one row");
	tap_equal_int(wrong, 0, "and nobody else is accused");
	struct found quiet = run_day(first, false, false, 10);
	tap_equal_int(quiet.right + quiet.wrong, 0, "a day without them has nothing");
	struct found thin = run_day(first, true, argc > 1, (unsigned)(first % 10));
	tap_ok(!thin.wrong && thin.right >= 3, "with one of ten packets missing nobody else is accused");
	return tap_end();
}
