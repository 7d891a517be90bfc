/* from_flow: see from_flow.h. */
#include "record/from_flow.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "record/community_id.h"
#include "record/present.h"
#include "record/zeek_log.h"
#include "track/flow.h"

void record_texts_fini(struct record_texts *texts)
{
	strbuf_fini(&texts->timeline);
	strbuf_fini(&texts->revisions);
	strbuf_fini(&texts->conn_log);
}

static int64_t microseconds(int64_t ns)
{
	return ns / NS_PER_US;
}

/* Microseconds from `from` to `t`, rounded towards the past, so that order is kept. */
static int64_t offset_us(int64_t t, int64_t from)
{
	int64_t ns;

	if (__builtin_sub_overflow(t, from, &ns))
		return t > from ? INT64_MAX / NS_PER_US : INT64_MIN / NS_PER_US;
	return ns >= 0 ? ns / NS_PER_US : -((-ns + NS_PER_US - 1) / NS_PER_US);
}

/* A side's history, in hindsight. */
struct history {
	struct facts_step step[FACTS_STEPS];
	int count;
};

static bool is_before(const struct facts_step *a, const struct facts_step *b)
{
	return a->at != b->at ? a->at < b->at : a->confirm < b->confirm;
}

/* Both sides' histories, merged by time; at one time moves stand before confirmations, the initiator first. */
static void write_timeline(const struct flow *flow, const struct history histories[SIDES], struct strbuf *text)
{
	struct {
		const struct facts_step *step;
		enum side side;
	} steps[SIDES * FACTS_STEPS];
	int count = 0;

	for (int side = 0; side < SIDES; side++)
		for (int i = 0; i < histories[side].count; i++) {
			const struct facts_step *step = &histories[side].step[i];
			int at = count++;

			for (; at && is_before(step, steps[at - 1].step); at--)
				steps[at] = steps[at - 1];
			steps[at].step = step;
			steps[at].side = (enum side)side;
		}
	strbuf_clear(text);
	timeline_begin(text);
	for (int i = 0; i < count; i++) {
		const struct facts_step *step = steps[i].step;

		timeline_add(text, &(struct timeline_step){offset_us(step->at, flow->first_ns), steps[i].side,
					   step->state, step->basis, step->confirm});
	}
	timeline_end(text);
}

/* The last states of each side that were taken back, oldest first; NULL when there are none. */
static const char *write_revisions(const struct flow *flow, struct strbuf *text)
{
	if (!flow->endpoint[INITIATOR].facts.revisions && !flow->endpoint[RESPONDER].facts.revisions)
		return NULL;
	strbuf_clear(text);
	timeline_begin(text);
	for (int side = 0; side < SIDES; side++) {
		const struct facts *facts = &flow->endpoint[side].facts;
		uint32_t count = facts->revisions;

		for (uint32_t i = count > FACTS_REVISIONS ? count - FACTS_REVISIONS : 0; i < count; i++) {
			const struct facts_revision *revision = &facts->revised[i % FACTS_REVISIONS];

			revision_add(text, &(struct revision){offset_us(revision->told_ns, flow->first_ns),
						   offset_us(revision->back_ns, flow->first_ns), (enum side)side,
						   (enum tcp_state)revision->state});
		}
	}
	timeline_end(text);
	return text->text;
}

/* When a side entered a state; CLOCK_NONE when it did not. */
static int64_t entered_ns(const struct history *history, enum tcp_state state)
{
	for (int i = 0; i < history->count; i++)
		if (history->step[i].state == state)
			return history->step[i].at;
	return CLOCK_NONE;
}

static void fill_states(const struct flow *flow, const struct history histories[SIDES], struct conn_record *r)
{
	int64_t closed = INT64_MIN, established = INT64_MIN;
	bool all_closed = true, all_established = true;

	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		enum basis basis;
		int64_t since;
		const struct history *history = &histories[side];
		enum tcp_state state = facts_last(history->step, history->count, &basis, &since);

		if (!e->facts.held && !e->segments) { /* never seen, and nothing shows it */
			all_closed = all_established = false;
			continue;
		}
		if (!e->facts.held && flow->refused) /* a RST that answers a SYN comes from no connection */
			basis = BASIS_PROVED;
		r->state[side] = state_words[state].name;
		r->state_basis[side] = basis_words[basis];
		r->state_since_ns[side] = since;

		int64_t over = state == TCP_TIME_WAIT ? since
			       : state == TCP_CLOSED  ? entered_ns(history, TCP_TIME_WAIT)
						      : CLOCK_NONE;
		if (state == TCP_CLOSED && over == CLOCK_NONE)
			over = since == CLOCK_NONE ? flow->last_ns : since;
		all_closed = all_closed && over != CLOCK_NONE;
		closed = over > closed ? over : closed;
		int64_t open = entered_ns(history, TCP_ESTABLISHED);
		all_established = all_established && open != CLOCK_NONE;
		established = open > established ? open : established;

		int64_t ends = CLOCK_NONE;
		if (e->time_wait_ns != CLOCK_NONE)
			ends = endpoint_time_wait_ends(e);
		else if (state == TCP_CLOSED && entered_ns(history, TCP_TIME_WAIT) != CLOCK_NONE)
			ends = since;
		if (ends > r->time_wait_ends_ns) {
			r->time_wait_ends_ns = ends;
			r->time_wait_basis = e->time_wait_learned ? "learned" : "stack";
		}
	}
	if (all_closed)
		r->closed_ns = closed;
	if (all_established)
		r->established_ns = established;
}

static const char *first_closer(const struct flow *flow)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	uint8_t i_closed = i->facts.held & FACT_CLOSED, r_closed = r->facts.held & FACT_CLOSED;

	if (!i_closed && !r_closed)
		return NULL;
	if (!r_closed)
		return side_words[INITIATOR];
	if (!i_closed)
		return side_words[RESPONDER];
	if (i->facts.order == ORDER_CLOSED_FIRST && r->facts.order == ORDER_CLOSED_FIRST)
		return "both";
	return side_words[i->facts.at[NUMBER_CLOSED] <= r->facts.at[NUMBER_CLOSED] ? INITIATOR : RESPONDER];
}

static void fill_volume(const struct endpoint *e, int side, struct conn_record *r)
{
	r->segments[side] = (int64_t)e->segments;
	r->bytes[side] = e->stream.fresh_bytes;
	r->wire_bytes[side] = (int64_t)e->wire_bytes;
	r->retransmitted_segments[side] = (int64_t)e->repeats.retransmitted;
	r->retransmitted_bytes[side] = e->stream.again_bytes;
	r->out_of_order_segments[side] = (int64_t)e->repeats.out_of_order;
	r->fast_retransmissions[side] = (int64_t)e->repeats.fast;
	r->spurious_retransmissions[side] = (int64_t)e->repeats.spurious;
	r->gap_bytes[side] = stream_gap_bytes(&e->stream);
	r->missed_bytes[side] = stream_missed_bytes(&e->stream);
	r->repaired_bytes[side] = e->repeats.repaired_bytes;
	r->duplicate_acks[side] = (int64_t)e->repeats.duplicate_acks;
	r->zero_windows[side] = (int64_t)e->zero_windows;
	r->keepalives[side] = (int64_t)e->repeats.keepalives;
	r->max_window[side] = (int64_t)e->max_window;
	r->syns[side] = e->syns;
	r->fins[side] = e->fins;
	r->rsts[side] = e->rsts;
	r->rtt_samples[side] = (int64_t)e->rtt.samples;
	if (e->rtt.samples) {
		r->rtt_min_us[side] = microseconds(e->rtt.least_ns);
		r->rtt_avg_us[side] = microseconds(e->rtt.sum_ns / (int64_t)e->rtt.samples);
		r->rtt_max_us[side] = microseconds(e->rtt.most_ns);
	}
}

static void fill_options(const struct endpoint *e, int side, struct conn_record *r)
{
	if (e->mss)
		r->mss[side] = e->mss;
	if (e->window_scale < SCALE_UNKNOWN)
		r->window_scale[side] = e->window_scale;
	r->sack[side] = e->sack;
	r->timestamps[side] = e->timestamps;
	if (e->isn_seen)
		r->isn[side] = e->isn;
	if (e->segments)
		r->ttl[side] = e->ttl;
}

static void fill_timing(const struct flow *flow, struct conn_record *r)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *p = &flow->endpoint[RESPONDER];

	/* to the nearest, so that the two halves together are off by no more than one */
	if (flow->syn_rtt_ns != CLOCK_NONE)
		r->syn_rtt_us = microseconds(clock_plus(flow->syn_rtt_ns, NS_PER_US / 2));
	if (flow->ack_rtt_ns != CLOCK_NONE)
		r->ack_rtt_us = microseconds(clock_plus(flow->ack_rtt_ns, NS_PER_US / 2));
	r->idle_max_us = microseconds(flow->idle_ns);
	if (i->first_octet_ns != CLOCK_NONE && p->first_octet_ns != CLOCK_NONE)
		r->answer_us = microseconds(clock_since(i->first_octet_ns, p->first_octet_ns) +
					    clock_since(p->first_octet_ns, i->first_octet_ns));
	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		bool closed = e->window_closed_ns != CLOCK_NONE;

		r->window_closed_us[side] = microseconds(clock_plus(
			e->window_closed_sum_ns, closed ? clock_since(flow->last_ns, e->window_closed_ns) : 0));
	}
}

static const char *tunnel_text(const struct flow *flow, char room[32])
{
	if (flow->tunnel == TUNNEL_NONE)
		return NULL;
	const struct endpoint *e = &flow->endpoint[INITIATOR];
	uint32_t network = e->segments ? e->network : flow->endpoint[RESPONDER].network;
	if (!network)
		return tunnel_names[flow->tunnel];
	snprintf(room, 32, "%s:%u", tunnel_names[flow->tunnel], (unsigned)(network - 1));
	return room;
}

/* --- Zeek's rows --------------------------------------------------------------------------------- */

static void take_row(const struct flow *flow, const struct zeek_row *row, struct zeek_row *fullest, struct strbuf *text)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	bool initiator_is_lower = zeek_is_lower(&i->ip, i->port, &r->ip, r->port);
	int64_t lasted = clock_since(row->last_ns, row->start_ns);

	if (row->packets[0] + row->packets[1] > fullest->packets[0] + fullest->packets[1] || !*fullest->history)
		*fullest = *row;
	if (!text)
		return;
	zeek_log_add(text, &(struct zeek_log_row){
				   .side = row->lower == initiator_is_lower ? INITIATOR : RESPONDER,
				   .offset_ns = row->start_ns - flow->first_ns,
				   .duration_us = (lasted + NS_PER_US / 2) / NS_PER_US,
				   .conn_state = zeek_conn_state_words[row->conn_state],
				   .history = row->history,
				   .missed_bytes = row->missed,
				   .bytes = {row->bytes[0], row->bytes[1]},
				   .packets = {row->packets[0], row->packets[1]},
				   .ip_bytes = {row->ip_bytes[0], row->ip_bytes[1]},
			   });
}

/* All rows in order of time; one that goes on in another connection is told there. */
static void write_conn_log(const struct flow *flow, struct conn_record *r, struct record_texts *texts)
{
	const struct zeek *z = &flow->zeek;
	struct zeek_row row, fullest = {.history = ""};

	strbuf_clear(&texts->conn_log);
	for (const struct zeek_row *at = z->newest ? z->newest->next : NULL; at; at = at == z->newest ? NULL : at->next)
		take_row(flow, at, &fullest, &texts->conn_log);
	bool begun = zeek_current(z, &row);
	if (begun && !(z->left && z->newest))
		take_row(flow, &row, &fullest, z->left ? NULL : &texts->conn_log);
	if (!begun && !z->newest)
		return; /* Zeek would have dropped every packet */
	static_assert(sizeof texts->history == sizeof fullest.history, "room for a history");
	memcpy(texts->history, fullest.history, sizeof fullest.history);
	r->conn_state = zeek_conn_state_words[fullest.conn_state];
	r->history = texts->history;
	r->conn_log = texts->conn_log.length ? texts->conn_log.text : NULL;
}

void record_from_flow(const struct flow *flow, struct conn_record *r, struct record_texts *texts)
{
	struct history histories[SIDES];

	for (int side = 0; side < SIDES; side++)
		histories[side].count = facts_history(&flow->endpoint[side].facts, histories[side].step);
	record_clear(r);
	r->id = (int64_t)flow->id;
	r->role_basis = role_basis_words[flow->role_basis];
	r->first_ns = flow->first_ns;
	r->last_ns = flow->last_ns;
	r->duration_us = microseconds(clock_since(flow->last_ns, flow->first_ns));
	r->closing_ns = flow->closing_ns;
	r->outcome = outcome_words[flow_outcome(flow)].word;
	r->first_closer = first_closer(flow);
	r->reset_by = flow->reset ? side_words[flow->reset_by] : NULL;
	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];

		r->ip[side] = e->ip;
		r->port[side] = e->port;
		if (r->vlan == CLOCK_NONE && e->vlan < VLAN_UNSEEN)
			r->vlan = e->vlan;
		fill_volume(e, side, r);
		fill_options(e, side, r);
	}
	fill_states(flow, histories, r);
	fill_timing(flow, r);
	r->tunnel = tunnel_text(flow, texts->tunnel);
	r->community_id = community_id_print(&r->ip[INITIATOR], (uint16_t)r->port[INITIATOR], &r->ip[RESPONDER],
		(uint16_t)r->port[RESPONDER], texts->community_id);
	r->midstream = flow->midstream;
	r->one_sided = !flow->endpoint[INITIATOR].segments || !flow->endpoint[RESPONDER].segments;
	r->gap_possible = r->missed_bytes[INITIATOR] > 0 || r->missed_bytes[RESPONDER] > 0;
	r->truncated = flow->cut;
	r->copied_segments =
		(int64_t)flow->endpoint[INITIATOR].repeats.copies + flow->endpoint[RESPONDER].repeats.copies;
	r->conflicting_segments =
		(int64_t)flow->endpoint[INITIATOR].repeats.conflicts + flow->endpoint[RESPONDER].repeats.conflicts;
	r->anomalies = 0;
	write_conn_log(flow, r, texts);
	write_timeline(flow, histories, &texts->timeline);
	r->timeline = texts->timeline.text;
	r->revisions = write_revisions(flow, &texts->revisions);
}

/* --- segments ------------------------------------------------------------------------------------- */

static int64_t octets_between(int64_t from, int64_t to)
{
	return from == OFFSET_NONE || to == OFFSET_NONE || to <= from ? 0 : to - from;
}

void seen_from_observation(const struct observation *o, struct seen_segment *seen)
{
	static const enum seen_repeat repeats[] = {
		[REPEAT_NONE] = SEEN_NEW,
		[REPEAT_KEEP_ALIVE] = SEEN_KEEP_ALIVE,
		[REPEAT_WINDOW_PROBE] = SEEN_WINDOW_PROBE,
		[REPEAT_COPY] = SEEN_COPY,
		[REPEAT_OUT_OF_ORDER] = SEEN_OUT_OF_ORDER,
		[REPEAT_SPURIOUS] = SEEN_SPURIOUS,
		[REPEAT_FAST] = SEEN_FAST,
		[REPEAT_TIMEOUT] = SEEN_TIMEOUT,
	};
	bool counts = o->acceptable && !o->rst && !o->syn;

	*seen = (struct seen_segment){
		.time_ns = o->t,
		.packet = (int64_t)o->segment->packet,
		.side = o->side,
		.syn = o->syn,
		.fin = o->fin,
		.rst = o->rst,
		.has_ack = o->has_ack,
		.broken = o->broken,
		.strange = !o->broken && !o->acceptable,
		.closed_window = !o->segment->wnd && !o->syn && !o->rst,
		.repeat = repeats[o->repeat],
		.seq = CLOCK_NONE,
		.ack = CLOCK_NONE,
		.length = o->segment->payload_len,
		.again = o->again,
		.skipped = counts ? octets_between(o->x_nxt, o->seq) : 0,
		.acked_unseen = counts ? octets_between(o->y_nxt, o->ack) : 0,
	};
}

/* --- open connections ------------------------------------------------------------------------------ */

void present_from_flow(const struct flow *flow, struct present *p)
{
	*p = (struct present){
		.id = (int64_t)flow->id,
		.first_ns = flow->first_ns,
		.since_ns = flow->first_ns,
		.closing_ns = flow->closing_ns,
		.rtt_ns = flow->syn_rtt_ns == CLOCK_NONE || flow->ack_rtt_ns == CLOCK_NONE
				  ? CLOCK_NONE
				  : flow->syn_rtt_ns + flow->ack_rtt_ns,
		.reset = flow->reset,
		.worst = SEVERITIES,
		.kind = ANOMALIES,
	};
	for (int side = 0; side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		int64_t since_ns;

		p->ip[side] = e->ip;
		p->port[side] = e->port;
		p->bytes[side] = e->stream.fresh_bytes;
		p->state[side] = TCP_UNKNOWN;
		if (!e->segments && !e->facts.held)
			continue;
		p->state[side] = facts_now(&e->facts, &p->basis[side], &since_ns);
		if (since_ns > p->since_ns)
			p->since_ns = since_ns;
	}
}
