/* world: see world.h.  Here: the events, the path with its tap, and what the programs at the ends have in mind. */
#include "tests/property/world_host.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- events -------------------------------------------------------------------------------------- */

static bool sooner(const struct event *a, const struct event *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

struct event *world_later(struct play *p, int64_t ns, enum event_kind kind, enum side side)
{
	static struct event dropped;

	if (p->count == EVENTS)
		return &dropped;
	int at = p->count++;
	struct event event = {.ns = p->now + ns, .order = p->order++, .kind = kind, .side = side};
	while (at && sooner(&event, &p->heap[(at - 1) / 2])) {
		p->heap[at] = p->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	p->heap[at] = event;
	return &p->heap[at];
}

static struct event next_event(struct play *p)
{
	struct event first = p->heap[0], last = p->heap[--p->count];
	int at = 0;

	for (int child = 1; child < p->count; child = 2 * at + 1) {
		if (child + 1 < p->count && sooner(&p->heap[child + 1], &p->heap[child]))
			child++;
		if (!sooner(&p->heap[child], &last))
			break;
		p->heap[at] = p->heap[child];
		at = child;
	}
	p->heap[at] = last;
	return first;
}

void world_put(struct play *p, enum side side, struct packet packet)
{
	struct host *h = &p->host[side];

	if (p->timestamps) {
		packet.ts_val = (uint32_t)(p->now / MS) + 1000 * (side + 1);
		packet.ts_ecr = packet.ctl & CTL_ACK ? h->ts_recent : 0;
	}
	if (packet.ctl & CTL_ACK)
		h->ack_waits = false;
	bool lost = chance(p, p->lost_before[side]);
	if (p->world->told)
		printf("# %12.6f  %s sends %s%s%s%s seq %u ack %u len %u%s\n", (double)p->now / 1e9, side_words[side],
			packet.ctl & CTL_SYN ? "S" : "", packet.ctl & CTL_FIN ? "F" : "",
			packet.ctl & CTL_RST ? "R" : "", packet.ctl & CTL_ACK ? "A" : "", packet.seq, packet.ack,
			packet.len, lost ? " (lost before the tap)" : "");
	for (int copies = 1 + chance(p, p->twice); copies && !lost; copies--)
		world_later(p, p->before[side] + below(p, (uint32_t)(p->jitter / 1000) + 1) * 1000, EVENT_TAP, side)
			->packet = packet;
	if (lost && packet.ctl & CTL_SYN)
		p->world->syn_missed = true;
}

/* What the programs of one connection are going to do. */
static void plan(struct play *p)
{
	bool both = p->world->simultaneous;

	for (int side = 0; side < SIDES; side++) {
		int64_t at = 20 * MS + below(p, 400) * MS;

		for (uint32_t writes = below(p, 4); writes; writes--) {
			at += below(p, 300) * MS;
			world_later(p, at, EVENT_WRITE, (enum side)side)->amount = 1 + below(p, 3000);
		}
		if (chance(p, 850)) {
			at += below(p, chance(p, 300) ? 20 : 3000) * MS;
			world_later(p, chance(p, 60) ? below(p, 120) * MS : at, EVENT_CLOSE, (enum side)side);
		} else if (chance(p, 400)) {
			world_later(p, below(p, 3000) * MS, EVENT_ABORT, (enum side)side);
		}
		if (chance(p, 40))
			world_later(p, below(p, 4000) * MS, EVENT_CRASH, (enum side)side);
	}
	world_later(p, 0, EVENT_OPEN, INITIATOR);
	if (both)
		world_later(p, below(p, 60) * MS, EVENT_OPEN, RESPONDER);
}

/* --- the path ------------------------------------------------------------------------------------ */

static void at_tap(struct play *p, enum side side, const struct packet *s)
{
	bool missed = p->now < p->tap_from || chance(p, p->missed[side]), lost = chance(p, p->lost_after[side]);

	if (p->world->told)
		printf("# %12.6f      at the tap: %s%s%s%s of the %s, seq %u ack %u len %u%s%s\n", (double)p->now / 1e9,
			s->ctl & CTL_SYN ? "S" : "", s->ctl & CTL_FIN ? "F" : "", s->ctl & CTL_RST ? "R" : "",
			s->ctl & CTL_ACK ? "A" : "", side_words[side], s->seq, s->ack, s->len,
			missed ? " (missed)" : "", lost ? " (lost behind it)" : "");
	if (missed)
		p->world->syn_missed |= s->ctl & CTL_SYN;
	if (!missed) {
		static const uint8_t four[SIDES][4] = {{192, 0, 2, 10}, {198, 51, 100, 20}};
		struct segment segment = {
			.time_ns = p->now,
			.source = addr_from_v4(four[side]),
			.destination = addr_from_v4(four[other(side)]),
			.source_port = side == INITIATOR ? 40000 : 80,
			.destination_port = side == INITIATOR ? 80 : 40000,
			.seq = s->seq,
			.ack = s->ack,
			.payload_len = s->len,
			.len = s->len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN),
			.wnd = (uint16_t)p->host[side].window,
			.ctl = s->ctl,
			.options = p->timestamps && !(s->ctl & CTL_RST) ? OPTION_TIMESTAMPS : 0,
			.ts_val = s->ts_val,
			.ts_ecr = s->ts_ecr,
			.ttl = 64,
			.ip_bytes = 40 + s->len,
			.vlan = VLAN_NONE,
		};
		p->world->tapped(p->world->context, &segment);
	}
	if (lost)
		return;
	for (int copies = 1 + chance(p, p->twice); copies; copies--)
		world_later(p, p->after[side] + below(p, (uint32_t)(p->jitter / 1000) + 1) * 1000, EVENT_ARRIVE, side)
			->packet = *s;
}

static void handle(struct play *p, const struct event *e)
{
	struct host *h = &p->host[e->side];

	switch (e->kind) {
	case EVENT_TAP:
		at_tap(p, e->side, &e->packet);
		break;
	case EVENT_ARRIVE:
		host_deliver(p, other(e->side), &e->packet);
		break;
	case EVENT_TIMER:
		if (e->life == h->timer_life)
			host_timer(p, e->side);
		break;
	case EVENT_ACK:
		if (e->life == h->life && h->ack_waits)
			host_ack(p, e->side);
		break;
	case EVENT_OPEN:
		host_open(p, e->side);
		break;
	case EVENT_WRITE:
		host_write(p, e->side, e->amount);
		break;
	case EVENT_CLOSE:
		host_close(p, e->side);
		break;
	case EVENT_ABORT:
		host_abort(p, e->side);
		break;
	case EVENT_CRASH:
		/* without a word: its block is gone, and its host is back before long */
		if (h->state != TCP_CLOSED && h->state != TCP_SYN_SENT) {
			host_enter(p, e->side, TCP_CLOSED);
		}
		break;
	}
}

static void make_path(struct play *p)
{
	struct world *w = p->world;

	w->kind = (enum world_kind)below(p, WORLD_KINDS);
	w->simultaneous = chance(p, 125);
	p->timestamps = chance(p, 500);
	p->delayed_acks = chance(p, 500);
	int64_t way = 1 + below(p, 25), share = below(p, 101);
	p->jitter = w->kind == WORLD_CLEAN ? 20000 : chance(p, 300) ? 20 * MS : 500000;
	for (int side = 0; side < SIDES; side++) {
		int64_t to_tap = way * MS * (side == INITIATOR ? share : 100 - share) / 100;

		p->before[side] = 20000 + to_tap;
		p->after[side] = 20000 + way * MS - to_tap;
		if (w->kind == WORLD_CLEAN)
			continue;
		p->lost_before[side] = chance(p, 500) ? below(p, 250) : 0;
		p->lost_after[side] = chance(p, 500) ? below(p, 250) : 0;
		if (w->kind == WORLD_CUT && chance(p, 700))
			p->missed[side] = chance(p, 100) ? 1000 : 100 + below(p, 600);
	}
	p->twice = w->kind == WORLD_CLEAN ? 0 : below(p, 60);
	if (w->kind == WORLD_CUT && chance(p, 150))
		p->tap_from = below(p, 1500) * MS;
	for (int side = 0; side < SIDES; side++) {
		struct host *h = &p->host[side];

		h->timeout_ns = 210 * MS + 2 * way * MS + 4 * p->jitter; /* A6: beyond two round trips and the jitter */
		h->copies_most = 2 + (int)below(p, 5);
		h->window = chance(p, 250) ? 300 : chance(p, 250) ? 2000 : 65535;
		p->host[other((enum side)side)].peer_window = h->window;
		h->segment = chance(p, 300) ? 100 : 1000;
		h->listens = side == RESPONDER && !w->simultaneous && !chance(p, 40);
		for (int i = 0; i < 8; i++)
			w->isn[side][i] = !i || chance(p, 200)
						  ? below(p, UINT32_MAX)
						  : w->isn[side][i - 1] + WORLD_ISN_SPAN + below(p, 1 << 20);
	}
}

void world_play(struct world *world, uint64_t seed)
{
	static struct play play;
	struct play *p = &play;

	memset(p, 0, sizeof *p);
	p->world = world;
	p->random = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	memset(world->path, 0, sizeof world->path);
	world->simultaneous = world->syn_missed = false;
	make_path(p);
	p->host[INITIATOR].state = p->host[RESPONDER].state = TCP_CLOSED;
	p->now = NS_PER_S;
	p->tap_from += p->now;
	world->connections = 1;
	plan(p);
	for (int steps = 0; p->count && steps < STEPS_MOST; steps++) {
		struct event e = next_event(p);

		assert(e.ns >= p->now);
		p->now = e.ns;
		handle(p, &e);
		/* the ports again, once both sides are done with them, or while the responder is in TIME-WAIT */
		bool free = p->host[INITIATOR].state == TCP_CLOSED &&
			    (p->host[RESPONDER].state == TCP_CLOSED || p->host[RESPONDER].state == TCP_TIME_WAIT);
		if (free && p->count < 3 && world->connections < 3 && chance(p, 150)) {
			p->now += below(p, 5000) * MS + MS;
			for (int i = 0; i < p->count; i++) /* nothing of the old one is under way any more */
				if (p->heap[i].kind != EVENT_TIMER)
					free = false;
			if (free && (!p->count || p->heap[0].ns > p->now)) {
				world->connections++;
				plan(p);
			} else if (p->count && p->heap[0].ns < p->now) {
				p->now = e.ns;
			}
		}
	}
	world->end_ns = p->now;
}

enum tcp_state world_state(const struct world *world, enum side side, int64_t ns, int *connection)
{
	const struct world_path *path = &world->path[side];
	enum tcp_state state = TCP_CLOSED;

	*connection = 0;
	for (int i = 0; i < path->count && path->step[i].ns <= ns; i++) {
		state = path->step[i].state;
		*connection = path->step[i].connection;
	}
	return state;
}

uint64_t world_number(uint64_t seed, uint64_t i)
{
	uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15u + i * 0xbf58476d1ce4e5b9u;

	x ^= x >> 31;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 29;
}
