/* detect: who is asked when, and what becomes of the answers.  See detect.h and look.h. */
#include "detect/detect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/pool.h"
#include "detect/look.h"
#include "detect/spread.h"
#include "track/young.h"

/* When a detector is asked: look.h. */
enum on {
	ON_SYN,
	ON_SYNACK,
	ON_FIN,
	ON_RST,
	ON_REPEAT,
	ON_WINDOW,
	ON_BEYOND,
	ON_ODD,
	ON_LATE,
	ON_AWAKE,
	ON_FIRST,
	ON_OPENING,
	ON_ENDING,
	ON_STALLED,
	ON_IDLE,
	ON_OVER,
};

#define BIT(class) (1u << (class))

struct detect {
	struct detect_options options;
	struct pool notes, detections;
	int64_t begin_ns; /* of the first segment; CLOCK_NONE before */
	int64_t last_ns;  /* of the packet before; CLOCK_NONE */
	int64_t drop_ns;  /* when the capture was last known to lose packets; CLOCK_NONE: never */
	struct spread *spread;
	struct strbuf evidence;
	struct detect_stats stats;
};

/* Rows for each connection, if all had as many. */
enum { FOUND_EACH = 2 };

struct detect *detect_new(const struct detect_options *options)
{
	struct detect *d = mem_new(1, sizeof *d);

	d->options = *options;
	d->begin_ns = d->drop_ns = d->last_ns = CLOCK_NONE;
	d->spread = spread_new(&options->limits);
	pool_init(&d->notes, sizeof(struct notes), options->max_connections);
	pool_init(&d->detections, sizeof(struct detection), FOUND_EACH * options->max_connections + ANOMALIES);
	return d;
}

size_t detect_connection_bytes(void)
{
	return sizeof(struct notes) + FOUND_EACH * sizeof(struct detection);
}

size_t detect_table_bytes(void)
{
	return spread_bytes();
}

void detect_free(struct detect *d)
{
	if (!d)
		return;
	pool_fini(&d->notes);
	pool_fini(&d->detections);
	spread_free(d->spread);
	strbuf_fini(&d->evidence);
	free(d);
}

struct detect_stats detect_stats(const struct detect *d)
{
	struct detect_stats stats = d->stats;
	uint64_t many[ANOMALIES] = {0};

	spread_count(d->spread, many, &stats.lost);
	for (int i = 0; i < ANOMALIES; i++) {
		stats.found[i] += many[i];
		stats.begun += many[i];
		stats.many[anomaly_kinds[i].severity] += many[i];
	}
	return stats;
}

void detect_drops(struct detect *d, int64_t time_ns, uint64_t packets)
{
	if (packets)
		d->drop_ns = time_ns;
	spread_drops(d->spread, time_ns, packets);
}

/* --- asking --------------------------------------------------------------------------------------- */

static void ask(const struct look *l, unsigned classes)
{
	for (; classes; classes &= classes - 1)
		switch ((enum on)__builtin_ctz(classes)) {
#define ASK(id) detect_##id(l);
#define CLASS(on, detectors)                                                                                           \
	case ON_##on:                                                                                                  \
		detectors break;
#include "detect/detectors.def"
#undef CLASS
#undef ASK
		}
}

static unsigned bit_if(bool condition, enum on class)
{
	return condition ? BIT(class) : 0;
}

static bool is_odd(uint8_t ctl)
{
	return !(ctl & (CTL_ACK | CTL_SYN | CTL_RST)) || (ctl & CTL_SYN && ctl & (CTL_FIN | CTL_RST));
}

/* Is it one that no class wants?  Most are, so this is decided by little. */
static bool is_ordinary(const struct observation *o)
{
	const struct segment *s = o->segment;
	const struct endpoint *x = o->x, *y = o->y;

	if (o->flow->notes || o->window_edge < x->right_edge || o->end > y->right_edge)
		return false;
	if (o->steady)
		return true;
	return (s->ctl & (CTL_ACK | CTL_SYN | CTL_FIN | CTL_RST)) == CTL_ACK && o->acceptable && s->wnd && !o->repeat &&
	       !o->conflict && !o->copy && !o->opens && o->flow->closing_ns == CLOCK_NONE && o->ack <= o->y_nxt &&
	       x->segments + y->segments > 1 &&
	       !(s->options & OPTION_TIMESTAMPS && seq_distance(s->ts_val, x->last_val) < 0);
}

static unsigned classes_of(const struct observation *o)
{
	const struct segment *s = o->segment;
	const struct flow *flow = o->flow;
	const struct notes *notes = flow->notes;
	bool shrinks = o->window_edge != OFFSET_NONE && o->window_edge < o->x->right_edge;
	bool beyond = o->ack != OFFSET_NONE && o->y_nxt != OFFSET_NONE && o->ack > o->y_nxt;
	bool goes_back = s->options & OPTION_TIMESTAMPS && seq_distance(s->ts_val, o->x->last_val) < 0;
	bool overrun = s->payload_len && o->y->right_edge != OFFSET_NONE && o->end > o->y->right_edge + 1;
	unsigned classes = bit_if((s->ctl & (CTL_SYN | CTL_ACK)) == CTL_SYN, ON_SYN) |
			   bit_if(s->ctl & CTL_SYN && s->ctl & CTL_ACK, ON_SYNACK) | bit_if(s->ctl & CTL_FIN, ON_FIN) |
			   bit_if(s->ctl & CTL_RST, ON_RST) | bit_if(o->repeat || o->conflict || o->copy, ON_REPEAT) |
			   bit_if(!s->wnd || shrinks || o->opens, ON_WINDOW) | bit_if(beyond || overrun, ON_BEYOND) |
			   bit_if(!o->acceptable || is_odd(s->ctl) || goes_back, ON_ODD) |
			   bit_if(flow->closing_ns != CLOCK_NONE, ON_LATE) |
			   bit_if(o->x->segments + o->y->segments == 1, ON_FIRST);

	return classes | bit_if(notes && o->t <= notes->awake_ns, ON_AWAKE);
}

/* What moves the phases of a connection (spread.h). */
#define SPREAD_CLASSES (BIT(ON_SYN) | BIT(ON_SYNACK) | BIT(ON_FIN) | BIT(ON_RST) | BIT(ON_LATE) | BIT(ON_FIRST))

void detect_packet(struct detect *d, int64_t time_ns, uint64_t packet)
{
	if (time_ns < d->last_ns)
		spread_back(d->spread, time_ns, d->last_ns - time_ns, packet);
	d->last_ns = time_ns;
}

/* The clock of what many connections show moves on. */
static void move_to(struct detect *d, int64_t now_ns)
{
	if (now_ns >= spread_next_ns(d->spread))
		spread_wake(d->spread, now_ns);
	if (d->begin_ns == CLOCK_NONE)
		d->begin_ns = now_ns;
}

void detect_young(struct detect *d, struct young *young)
{
	move_to(d, young_last_ns(young));
	spread_young(d->spread, young);
}

void detect_segment(struct detect *d, const struct observation *o)
{
	unsigned classes = is_ordinary(o) ? 0 : classes_of(o);

	if (!o->was_young)
		move_to(d, o->t);
	if (classes)
		ask(&(struct look){o, o->flow, o->t, &d->options.limits, d}, classes);
	if (o->was_young)
		spread_grown(d->spread, o);
	else if (classes & SPREAD_CLASSES || o->flow->watched.phase)
		spread_segment(d->spread, o);
}

enum { STALLED = 3, IDLE_S = 60 };

static bool is_stalled(const struct endpoint *e)
{
	return e->unanswered >= STALLED || e->window_closed_ns != CLOCK_NONE;
}

static unsigned standing(const struct flow *flow, int64_t now_ns)
{
	const struct endpoint *i = &flow->endpoint[INITIATOR], *r = &flow->endpoint[RESPONDER];

	return bit_if(!(r->facts.must & FACT_SYN_ACKED) || flow->notes, ON_OPENING) |
	       bit_if(flow->closing_ns != CLOCK_NONE, ON_ENDING) | bit_if(is_stalled(i) || is_stalled(r), ON_STALLED) |
	       bit_if(clock_since(now_ns, flow->last_ns) >= IDLE_S * NS_PER_S, ON_IDLE);
}

void detect_look(struct detect *d, struct flow *flow, int64_t now_ns)
{
	unsigned classes = standing(flow, now_ns);

	spread_look(d->spread, flow, now_ns);
	if (classes)
		ask(&(struct look){NULL, flow, now_ns, &d->options.limits, d}, classes);
}

void detect_found(const struct flow *flow, struct detect_summary *summary)
{
	const struct notes *notes = flow->notes;

	*summary = (struct detect_summary){0, SEVERITIES, ANOMALIES};
	for (const struct detection *row = notes ? notes->found : NULL; row; row = row->next) {
		if (row->withdrawn_ns != CLOCK_NONE)
			continue;
		summary->count++;
		if (summary->worst != SEVERITIES && row->severity < summary->worst)
			continue;
		summary->worst = row->severity;
		summary->kind = row->kind;
	}
}

void detect_end(struct detect *d, const struct flow *flow, struct detect_summary *summary)
{
	ask(&(struct look){NULL, flow, flow->now_ns, &d->options.limits, d},
		standing(flow, flow->now_ns) | BIT(ON_OVER));
	const struct notes *notes = flow->notes;
	for (const struct detection *row = notes ? notes->found : NULL; row; row = row->next)
		d->stats.found[row->kind] += row->withdrawn_ns == CLOCK_NONE;
	detect_found(flow, summary);
	if (summary->count)
		d->stats.worst[summary->worst]++;
	spread_end(d->spread, (struct flow *)flow); /* its part of it is not the tracker's */
}

/* --- answers -------------------------------------------------------------------------------------- */

struct notes *look_notes(const struct look *l)
{
	struct flow *flow = (struct flow *)l->flow; /* the one field of it that is not the tracker's */

	if (!flow->notes) {
		struct notes *notes = pool_take(&l->detect->notes);

		if (!notes) {
			l->detect->stats.lost++;
			return NULL;
		}
		notes->last = &notes->found;
		notes->awake_ns = INT64_MIN;
		flow->notes = notes;
	}
	return flow->notes;
}

void look_awake(const struct look *l, int64_t until_ns)
{
	struct notes *notes = look_notes(l);

	if (notes && until_ns > notes->awake_ns)
		notes->awake_ns = until_ns;
}

/* Roles may be exchanged later; the seat of a side stays. */
static uint8_t seat_of(const struct flow *flow, int side)
{
	return (uint8_t)(side == NEITHER || !flow->turned ? side : !side);
}

static struct detection *find(const struct look *l, enum anomaly kind, int side)
{
	const struct notes *notes = l->flow->notes;
	uint8_t seat = seat_of(l->flow, side);

	for (struct detection *row = notes ? notes->found : NULL; row; row = row->next)
		if (row->kind == kind && row->seat == seat)
			return row;
	return NULL;
}

struct detection *found_before(const struct look *l, enum anomaly kind, int side)
{
	struct detection *row = find(l, kind, side);

	return row && row->withdrawn_ns == CLOCK_NONE ? row : NULL;
}

void withdraw(const struct look *l, enum anomaly kind, int side)
{
	struct detection *row = found_before(l, kind, side);

	if (row)
		row->withdrawn_ns = l->now_ns;
}

static void take_evidence(struct detection *row, const struct evidence *e)
{
	for (; e->key; e++) {
		assert(anomaly_has_key(row->kind, e->key)); /* else a bug of the detector */
		if (!e->word && e->number == CLOCK_NONE)
			continue;
		assert(row->items < EVIDENCE_MOST);
		row->item[row->items].key = e->key;
		if (e->word)
			row->item[row->items].word = e->word;
		else
			row->item[row->items].number = e->number;
		row->words |= (uint16_t)(!!e->word << row->items);
		row->items++;
	}
}

void tell(struct detection *row, const struct evidence *evidence)
{
	if (!row)
		return;
	row->items = 0;
	row->words = 0;
	take_evidence(row, evidence);
}

static void begin_row(const struct look *l, struct detection *row, enum anomaly kind, int side)
{
	row->kind = (uint16_t)kind;
	row->seat = seat_of(l->flow, side);
	row->severity = (uint8_t)anomaly_kinds[kind].severity;
	row->time_ns = row->first_ns = row->last_ns = l->now_ns;
	row->withdrawn_ns = CLOCK_NONE;
	row->packet = l->o ? l->o->segment->packet : l->flow->first_packet;
	for (int i = 0; i < SIDES; i++) {
		const struct endpoint *e = &l->flow->endpoint[i];
		enum basis basis = BASIS_PRESUMED;
		int64_t since;

		uint8_t seat = seat_of(l->flow, i);
		row->state[seat] =
			e->segments || e->facts.held ? (uint8_t)facts_now(&e->facts, &basis, &since) : TCP_UNKNOWN;
		row->basis[seat] = (uint8_t)basis;
	}
}

void found_more(struct detection *row, const struct evidence *evidence)
{
	if (row)
		take_evidence(row, evidence);
}

struct detection *found(
	const struct look *l, enum anomaly kind, int side, enum confidence confidence, const struct evidence *evidence)
{
	struct detection *row = find(l, kind, side);
	struct notes *notes = look_notes(l);

	/* it may be two connections, the beginning of the second missed */
	if (l->flow->doubtful)
		confidence = less_sure(confidence, CONFIDENCE_LIKELY);

	if (!notes)
		return NULL;
	if (!row) {
		row = pool_take(&l->detect->detections);
		if (!row) {
			l->detect->stats.lost++;
			return NULL;
		}
		l->detect->stats.begun++;
		begin_row(l, row, kind, side);
		spread_found(l->detect->spread, (struct flow *)l->flow, kind, l->now_ns);
		take_evidence(row, evidence);
		row->confidence = (uint8_t)confidence;
		*notes->last = row;
		notes->last = &row->next;
	}
	row->count++;
	/* packets need not be in the order of their times */
	if (l->now_ns < row->first_ns)
		row->first_ns = l->now_ns;
	if (l->now_ns > row->last_ns)
		row->last_ns = l->now_ns;
	row->withdrawn_ns = CLOCK_NONE;
	if (confidence > row->confidence)
		row->confidence = (uint8_t)confidence;
	return row;
}

/* --- rows ----------------------------------------------------------------------------------------- */

static void add_state(struct strbuf *text, const struct flow *flow, const struct detection *row, enum side side)
{
	uint8_t seat = seat_of(flow, side);

	if (row->state[seat] == TCP_UNKNOWN)
		return;
	strbuf_addf(text, "%s\"%s_state\":\"%s\",\"%s_basis\":\"%s\"", text->length > 1 ? "," : "", side_words[side],
		state_words[row->state[seat]].name, side_words[side], basis_words[row->basis[seat]]);
}

static const char *write_evidence(struct strbuf *text, const struct flow *flow, const struct detection *row)
{
	strbuf_clear(text);
	strbuf_add_char(text, '{');
	for (int i = 0; i < row->items; i++) {
		if (i)
			strbuf_add_char(text, ',');
		json_add_string(text, row->item[i].key);
		strbuf_add_char(text, ':');
		if (row->words >> i & 1)
			json_add_string(text, row->item[i].word);
		else
			strbuf_add_int(text, row->item[i].number);
	}
	add_state(text, flow, row, INITIATOR);
	add_state(text, flow, row, RESPONDER);
	strbuf_add_char(text, '}');
	return text->text;
}

void detect_rows(struct detect *d, const struct flow *flow, detect_row *take, void *context)
{
	const struct notes *notes = flow->notes;

	for (struct detection *row = notes ? notes->found : NULL; row; row = row->next) {
		struct anomaly_record record = {
			.connection_id = (int64_t)flow->id,
			.capture_id = CLOCK_NONE,
			.time_ns = row->time_ns,
			.code = anomaly_kinds[row->kind].code,
			.side = row->seat == NEITHER ? NULL : side_words[seat_of(flow, row->seat)],
			.severity = severity_words[row->severity],
			.confidence = confidence_words[row->confidence],
			.count = row->count,
			.first_ns = row->first_ns,
			.last_ns = row->last_ns,
			.withdrawn_ns = row->withdrawn_ns,
			.evidence = write_evidence(&d->evidence, flow, row),
			.packet = (int64_t)row->packet,
			.again = row->given,
		};
		row->given = true;
		for (int side = 0; side < SIDES; side++) {
			record.ip[side] = flow->endpoint[side].ip;
			record.port[side] = flow->endpoint[side].port;
		}
		take(context, &record);
	}
}

size_t detect_copy_bytes(const struct flow *flow)
{
	const struct notes *notes = flow->notes;
	size_t rows = 0;

	for (const struct detection *row = notes ? notes->found : NULL; row; row = row->next)
		rows++;
	return rows ? sizeof *notes + rows * sizeof(struct detection) : 0;
}

void detect_copy(const struct flow *flow, struct flow *copy, void *room)
{
	const struct notes *notes = flow->notes;
	struct notes *to = room;
	struct detection *rows = (struct detection *)(to + 1);

	copy->notes = NULL;
	if (!notes || !notes->found)
		return;
	copy->notes = to;
	to->found = rows;
	for (const struct detection *row = notes->found; row; row = row->next, rows++) {
		*rows = *row;
		rows->next = row->next ? rows + 1 : NULL;
	}
}

void detect_many(struct detect *d, detect_row *take, void *context)
{
	spread_rows(d->spread, &d->evidence, take, context);
}

void detect_forget(struct detect *d, const struct flow *flow)
{
	struct notes *notes = flow->notes;

	if (!notes)
		return;
	for (struct detection *row = notes->found, *next; row; row = next) {
		next = row->next;
		pool_give(&d->detections, row);
	}
	pool_give(&d->notes, notes);
}

/* --- how sure, and measures ------------------------------------------------------------------------ */

int64_t capture_age_ns(const struct look *l)
{
	return clock_since(l->now_ns, l->detect->begin_ns);
}

bool has_gap(const struct look *l, enum side side)
{
	return stream_gap_bytes(&l->flow->endpoint[side].stream) > 0;
}

enum confidence absence(const struct look *l, enum side side, int64_t since_ns)
{
	bool dropped = l->detect->drop_ns != CLOCK_NONE && l->detect->drop_ns >= since_ns;

	return dropped || l->flow->midstream || l->flow->doubtful || has_gap(l, side) ? CONFIDENCE_UNSURE
										      : CONFIDENCE_LIKELY;
}

enum confidence model(const struct look *l, enum side side)
{
	enum basis basis;
	int64_t since;

	facts_now(&l->flow->endpoint[side].facts, &basis, &since);
	return basis == BASIS_PROVED ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

enum confidence score(const struct look *l, int signs)
{
	bool lossy = has_gap(l, INITIATOR) || has_gap(l, RESPONDER) || l->flow->midstream;

	signs -= lossy;
	return signs >= 3 ? CONFIDENCE_SURE : signs == 2 ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

static int64_t half(const struct endpoint *e)
{
	return e->rtt.least_ns == CLOCK_NONE ? 0 : e->rtt.least_ns;
}

int64_t round_trip_ns(const struct flow *flow)
{
	return half(&flow->endpoint[INITIATOR]) + half(&flow->endpoint[RESPONDER]);
}

int64_t gap_ns(const struct copies *copies)
{
	return copies->count > 1 ? clock_since(copies->last, copies->before_last) : 0;
}

int64_t timeout_ns(const struct flow *flow, enum side side)
{
	int64_t most = clock_times(3, round_trip_ns(flow));

	if (flow->endpoint[side_other(side)].rtt.least_ns == CLOCK_NONE)
		return NS_PER_S;
	return most > flow->stack->least_timeout_ns ? most : flow->stack->least_timeout_ns;
}

int64_t wire_number(const struct endpoint *e, int64_t offset)
{
	return offset == OFFSET_NONE || !e->seq.known ? CLOCK_NONE : (int64_t)unwrap_wire(&e->seq, offset);
}
