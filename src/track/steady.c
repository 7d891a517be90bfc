/* steady: see steady.h.  The order of work is that of flow_segment. */
#include "track/steady.h"

#include "track/observe.h"
#include "track/presume.h"
#include "track/proof.h"
#include "track/repeat.h"
#include "track/rtt.h"

/* --- connections --------------------------------------------------------------------------------- */

static bool is_whole(const struct endpoint *e)
{
	const struct stream *stream = &e->stream;

	return e->segments && e->fin == OFFSET_NONE && e->strange == OFFSET_NONE && stream->known && stream->holes &&
	       !stream->holes->count && stream->contig == e->nxt && stream->high == e->nxt;
}

static bool is_quiet(const struct endpoint *e)
{
	const uint8_t closing = FACT_CLOSED | FACT_GOT_FIN | FACT_GONE;

	return !(e->facts.held & closing) && e->facts.held & FACT_SYN_ACKED && e->facts.must & FACT_SENT_SYN &&
	       !e->repeat_gap_ns && e->time_wait_ns == CLOCK_NONE && e->time_wait_was_ns == CLOCK_NONE &&
	       e->window_closed_ns == CLOCK_NONE && e->repeats.lately && !rtt_times_bare_syn(e);
}

/* All that its segments can prove is proved. */
static bool is_proved(const struct endpoint *e)
{
	bool former = e->former.seen && e->facts.former_gone_ns == CLOCK_NONE;

	return e->facts.must & FACT_SYN_ACKED && e->facts.proved[TCP_ESTABLISHED] != CLOCK_NONE && !former;
}

void steady_settle(struct flow *flow)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];
	bool open = flow->closing_ns == CLOCK_NONE && !flow->midstream && !flow->doubtful && !flow->pending &&
		    flow->third_ns != CLOCK_NONE && is_whole(i) && is_whole(r) && is_quiet(i) && is_quiet(r);

	flow->steady[INITIATOR] = open && is_proved(i);
	flow->steady[RESPONDER] = open && is_proved(r);
}

/* --- segments ------------------------------------------------------------------------------------ */

/* Acknowledgements further behind than that are doubted (observe.c). */
static int64_t far_behind(const struct endpoint *x, const struct endpoint *y)
{
	uint32_t most = x->max_window > y->max_window ? x->max_window : y->max_window;

	return 2 * (int64_t)(most > 65535 ? most : 65535);
}

static bool is_plain(const struct flow *flow, const struct endpoint *x, const struct segment *s)
{
	const uint8_t bits = CTL_SYN | CTL_FIN | CTL_RST | CTL_URG | CTL_ACK;
	const uint8_t plain_options = OPTION_TIMESTAMPS;

	return (s->ctl & bits) == CTL_ACK && !(s->options & ~plain_options) && s->wnd && s->payload_len != 1 &&
	       s->checksum != CHECKSUM_BAD && s->time_ns > flow->third_ns && s->time_ns >= flow->last_ns &&
	       s->time_ns >= flow->now_ns &&
	       (!(s->options & OPTION_TIMESTAMPS) || !x->has_val || seq_distance(s->ts_val, x->last_val) >= 0);
}

/* Its numbers: the next octets, and no more than any window allows; an acknowledgement of what was sent and not
 * acknowledged yet, which alone brings something new. */
static bool is_in_order(const struct observation *o)
{
	const struct endpoint *x = o->x, *y = o->y;

	return o->seq == x->nxt && o->segment->len <= 65535 && o->ack <= y->nxt &&
	       o->ack >= x->ack + !o->segment->payload_len && y->nxt - o->ack <= far_behind(x, y);
}

static void count(const struct observation *o)
{
	const struct segment *s = o->segment;
	struct flow *flow = o->flow;
	struct endpoint *x = o->x;
	int64_t silence = s->time_ns - flow->last_ns;

	if (silence > flow->idle_ns)
		flow->idle_ns = silence;
	flow->last_ns = flow->now_ns = s->time_ns;
	flow->cut |= s->cut;
	x->timestamps |= s->options & OPTION_TIMESTAMPS;
	if (s->payload_len && x->first_octet_ns == CLOCK_NONE)
		x->first_octet_ns = s->time_ns;
	x->segments++;
	x->wire_bytes += s->ip_bytes;
	x->good_checksums |= s->checksum == CHECKSUM_GOOD;
	x->last_wnd = s->wnd;
	if (o->window > x->max_window)
		x->max_window = (uint32_t)o->window;
}

bool steady_segment(struct flow *flow, enum side side, const struct segment *s, struct observation *o)
{
	struct endpoint *x = &flow->endpoint[side], *y = &flow->endpoint[side_other(side)];

	if (!flow->steady[side] || !is_plain(flow, x, s))
		return false;
	observe_steady(o, flow, side, s);
	if (!is_in_order(o))
		return false;
	count(o);
	if (o->ack > x->ack)
		x->repeats.duplicate_run = 0;
	rtt_steady(o);
	repeat_steady(o);
	proof_steady(o);
	presume_steady(o);
	unwrap_advance(&x->seq, o->end);
	unwrap_advance(&y->seq, o->ack);
	if (o->ack > y->stream.acked)
		y->stream.acked = o->ack;
	observe_done(o);
	return true;
}
