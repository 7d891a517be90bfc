/* pipeline: see pipeline.h. */
#include "config.h"

#include "pipeline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "decode/decode.h"
#include "detect/detect.h"
#include "enrich/geo.h"
#include "record/from_flow.h"
#include "source/source.h"
#include "store/store.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { PROGRESS_PACKETS = 1 << 15, DROPS_PACKETS = 64 };

static_assert((int)CAPTURE_BUCKETS == (int)BUCKETS, "table capture has a column for each bucket");

struct pass {
	const struct pipeline_options *options;
	struct pipeline_result *result;
	struct decoder *decoder;
	struct tracker *tracker;
	struct detect *detect;
	struct capture_record *captures; /* one for each file */
	struct record_texts texts;
	const struct flow *ending; /* whose rows are stored now */
	unsigned inputs;           /* files or interfaces */
	/* of interfaces: when housekeeping was done last */
	int64_t tick_ns, second_ns, present_ns;
	bool store_waits; /* the disk did not take the last rows, which was said */
	struct drops {
		uint64_t kernel, interface;
	} * drops; /* of each input, as told to detect and stored */
	struct err *err;
	bool failed; /* the store failed: *err says why */
	bool full;   /* of interfaces: a row found no room in memory (store_gather) */
};

/* --- storing ------------------------------------------------------------------------------------- */

/* One row for each address, whether the files know it or not: so each is looked up once. */
static bool store_place(struct pass *pass, const struct addr *ip)
{
	struct geo_entry entry = {.latitude = NAN, .longitude = NAN, .asn = CLOCK_NONE};

	if (store_has_address(pass->options->store, ip))
		return true;
	geo_lookup(pass->options->geo, ip, &entry);
	struct address_record row = {
		.ip = *ip,
		.country = *entry.country ? entry.country : NULL,
		.region = *entry.region ? entry.region : NULL,
		.city = *entry.city ? entry.city : NULL,
		.organisation = *entry.organisation ? entry.organisation : NULL,
		.latitude = entry.latitude,
		.longitude = entry.longitude,
		.asn = entry.asn,
	};
	return store_put_address(pass->options->store, &row, pass->err);
}

/* What was done, or why not: a watched interface goes on without a row that finds no room. */
static bool is_stored(struct pass *pass, bool done)
{
	if (done)
		return true;
	if (pass->options->live && store_is_full(pass->options->store))
		pass->full = true;
	else
		pass->failed = true;
	return false;
}

/* --- anomalies ------------------------------------------------------------------------------------ */

static void store_anomaly(void *context, const struct anomaly_record *found)
{
	struct pass *pass = context;
	struct anomaly_record row = *found;

	if (!pass->options->store || pass->failed || pass->full)
		return;
	/* what is of several connections may be of several captures: it stands with the first */
	row.capture_id = pass->captures[row.connection_id == CLOCK_NONE ? 0 : pass->ending->input].id;
	is_stored(pass, store_put_anomaly(pass->options->store, &row, pass->err));
}

static void look(void *context, struct flow *flow, int64_t now_ns)
{
	const struct pass *pass = context;

	detect_look(pass->detect, flow, now_ns);
}

/* --- payload --------------------------------------------------------------------------------------- */

/* Where the stream of a side begins, in its offsets: behind its SYN, or with the first number that was seen. */
static int64_t stream_base(const struct endpoint *e)
{
	return e->iss != OFFSET_NONE ? e->iss + 1 : 0;
}

/* What is none of the stream does not go there: text of a RST, the octet of a keep-alive, what lies beyond a FIN, and
 * what its receiver would not take. */
static void take_payload(const struct pass *pass, const struct observation *o)
{
	const struct segment *s = o->segment;
	int64_t start = o->seq + o->syn, length = s->payload_len;

	if (!length || !o->acceptable || o->rst || (o->probe && length == 1))
		return;
	if (o->x->fin != OFFSET_NONE && !o->x->fin_guessed && length > o->x->fin - start)
		length = o->x->fin - start;
	if (length <= 0)
		return;
	struct octets piece = {
		.connection = o->flow->id,
		.side = o->side,
		.source = &s->source,
		.destination = &s->destination,
		.source_port = s->source_port,
		.destination_port = s->destination_port,
		.time_ns = s->time_ns,
		.offset = start - stream_base(o->x),
		.text = s->payload,
		.captured = s->payload_captured < length ? s->payload_captured : (uint32_t)length,
		.length = (uint32_t)length,
		.place = &o->x->place,
	};
	pass->options->octets->piece(pass->options->octets->context, &piece);
}

static void take_observed(void *context, const struct observation *o)
{
	const struct pass *pass = context;

	detect_segment(pass->detect, o);
	if (pass->options->octets)
		take_payload(pass, o);
}

static void end_octets(const struct pass *pass, const struct flow *flow)
{
	const struct octets_sink *sink = pass->options->octets;

	for (int side = 0; sink && side < SIDES; side++) {
		const struct endpoint *e = &flow->endpoint[side];
		int64_t end = e->fin != OFFSET_NONE ? e->fin : e->nxt != OFFSET_NONE ? e->nxt : stream_base(e);

		sink->end(sink->context, &(struct octets_end){(enum side)side, end - stream_base(e), e->place});
	}
}

/* Its row and those of what was found of it.  False: not all of them. */
static bool store_flow(struct pass *pass, const struct flow *flow, const struct detect_summary *found)
{
	struct conn_record record;

	record_from_flow(flow, &record, &pass->texts);
	record_anomalies(&record, found->count, found->worst);
	record.capture_id = pass->captures[flow->input].id;
	pass->full = false;
	is_stored(pass, store_put_connection(pass->options->store, &record, pass->err) &&
				(!pass->options->geo || (store_place(pass, &record.ip[INITIATOR]) &&
								store_place(pass, &record.ip[RESPONDER]))));
	pass->ending = flow;
	detect_rows(pass->detect, flow, store_anomaly, pass);
	return !pass->failed && !pass->full;
}

/* An open connection: its row is there before its end, and replaced until then. */
static bool take_told(void *context, const struct flow *flow)
{
	struct pass *pass = context;
	struct detect_summary found;

	detect_found(flow, &found);
	return !pass->failed && store_flow(pass, flow, &found);
}

static void take_closed(void *context, const struct flow *flow)
{
	struct pass *pass = context;
	struct detect_summary found;

	end_octets(pass, flow);
	pass->result->outcomes[flow_outcome(flow)]++;
	detect_end(pass->detect, flow, &found);
	pass->captures[flow->input].connections++;
	if (pass->options->store && !pass->failed && !store_flow(pass, flow, &found))
		pass->result->store_lost++;
	detect_forget(pass->detect, flow);
}

/* --- captures ------------------------------------------------------------------------------------ */

static void describe_capture(struct pass *pass, unsigned input, struct capture_record *capture, const char *host)
{
	const struct source_input *in = source_input(pass->options->source, input);

	capture->source = in->name;
	capture->kind = pass->options->live ? "interface" : "file";
	capture->link_type = in->link_type < 0 ? NULL : source_link_name(in->link_type);
	capture->snap_length = in->snap_length ? in->snap_length : CLOCK_NONE;
	capture->filter = pass->options->filter;
	capture->stack = pass->options->stack.word;
	capture->msl_ms = pass->options->stack.time_wait_ns / 2 / NS_PER_MS;
	capture->program_version = PACKAGE_VERSION;
	capture->host = host;
	capture->fingerprint = in->fingerprint ? (int64_t)in->fingerprint : CLOCK_NONE;
	capture->dropped_kernel = in->drops || pass->options->live ? (int64_t)in->drops : CLOCK_NONE;
	capture->dropped_interface = pass->options->live ? (int64_t)in->interface_drops : CLOCK_NONE;
}

static bool refuse_again(struct pass *pass, const struct source_input *in)
{
	char when[CLOCK_TEXT];
	int64_t id, read_ns;

	if (pass->options->again || !in->fingerprint ||
		!store_find_fingerprint(pass->options->store, (int64_t)in->fingerprint, &id, &read_ns))
		return true;
	return err_set(pass->err, ERR_FAILED, "%s: already in %s, read %s as capture %lld (--again reads it once more)",
		in->name, store_path(pass->options->store), clock_print(read_ns, 0, when), (long long)id);
}

static bool begin_captures(struct pass *pass, const char *host)
{
	const struct pipeline_options *options = pass->options;

	pass->captures = mem_new(pass->inputs, sizeof *pass->captures);
	for (unsigned i = 0; i < pass->inputs; i++) {
		struct capture_record *capture = &pass->captures[i];

		capture->first_ns = capture->last_ns = CLOCK_NONE;
		if (!options->store)
			continue;
		if (!refuse_again(pass, source_input(pass->options->source, i)))
			return false;
		capture->read_ns = clock_wall_ns();
		describe_capture(pass, i, capture, host);
	}
	for (unsigned i = 0; options->store && i < pass->inputs; i++) {
		if (!store_put_capture(options->store, &pass->captures[i], pass->err))
			return false;
		if (!i)
			pass->result->first_capture = pass->captures[0].id;
	}
	return true;
}

/* Packets that the filter leaves out do not count, as with tcpdump -c. */
static bool limit_reached(const struct pass *pass)
{
	const struct pipeline_result *result = pass->result;
	uint64_t limit = pass->options->packet_limit;

	return limit && result->packets - result->bucket_packets[BUCKET_FILTERED] >= limit;
}

static bool end_captures(struct pass *pass, const char *host)
{
	const struct pipeline_options *options = pass->options;

	pass->result->dropped = 0;
	for (unsigned i = 0; i < pass->inputs; i++) {
		struct capture_record *capture = &pass->captures[i];
		const struct source_input *in = source_input(pass->options->source, i);

		pass->result->dropped += in->drops + in->interface_drops;
		if (!options->store)
			continue;
		describe_capture(pass, i, capture, host);
		capture->end_reason = in->damaged             ? "damaged"
				      : pass->result->stopped ? "signal"
				      : limit_reached(pass)   ? "count"
							      : "end of file";
		if (!store_put_capture(options->store, capture, pass->err))
			return false;
	}
	return !options->store || store_commit(options->store, pass->err);
}

/* --- packets ------------------------------------------------------------------------------------- */

static void count_frame(struct pass *pass, const struct frame *frame, enum decode_bucket bucket)
{
	struct capture_record *capture = &pass->captures[frame->input];
	struct pipeline_result *result = pass->result;

	result->packets++;
	result->bytes += frame->length;
	result->bucket_packets[bucket]++;
	capture->packets++;
	capture->bytes += frame->length;
	capture->bucket_packets[bucket]++;
	capture->bucket_bytes[bucket] += frame->length;
	if (capture->first_ns == CLOCK_NONE)
		capture->first_ns = frame->time_ns;
	if (capture->last_ns != CLOCK_NONE && frame->time_ns < capture->last_ns)
		capture->time_back++;
	else
		capture->last_ns = frame->time_ns;
	if (result->first_ns == CLOCK_NONE || frame->time_ns < result->first_ns)
		result->first_ns = frame->time_ns;
	if (frame->time_ns > result->last_ns)
		result->last_ns = frame->time_ns;
}

/* Times that a capture file can hold but no capture ever had (before 1824, after 2116) are held at that limit, so that
 * the difference of two times always fits in 64 bits. */
static void limit_time(struct frame *frame)
{
	const int64_t most = INT64_MAX / 2;

	if (frame->time_ns > most)
		frame->time_ns = most;
	else if (frame->time_ns < -most)
		frame->time_ns = -most;
}

static void take_frame(struct pass *pass, const struct frame *frame)
{
	struct segment segment;

	tracker_advance(pass->tracker, frame->time_ns);
	detect_packet(pass->detect, frame->time_ns, frame->number);
	enum decode_reason reason = decoder_frame(pass->decoder, frame, &segment);
	pass->result->reasons[reason]++;
	count_frame(pass, frame, decode_reason_bucket(reason));
	if (reason == REASON_TCP)
		tracker_segment(pass->tracker, &segment);
}

/* Files tell of lost packets between packets, or behind the last one; of interfaces the kernel counts them. */
static void take_drops(struct pass *pass, int64_t now_ns)
{
	for (unsigned i = 0; i < pass->inputs && !pass->failed; i++) {
		const struct source_input *in = source_input(pass->options->source, i);
		struct drops *known = &pass->drops[i];
		uint64_t kernel = in->drops - known->kernel, interface = in->interface_drops - known->interface;

		if (!kernel && !interface)
			continue;
		detect_drops(pass->detect, now_ns, kernel + interface);
		if (pass->options->live && pass->options->store &&
			!is_stored(pass, store_put_drop(pass->options->store, pass->captures[i].id, now_ns,
						 (int64_t)kernel, (int64_t)interface, pass->err)))
			continue;
		*known = (struct drops){in->drops, in->interface_drops};
	}
}

static void show_progress(struct pass *pass)
{
	struct pipeline_progress progress = {
		.name = source_input(pass->options->source, 0)->name,
		.packets = pass->result->packets,
		.connections = tracker_stats(pass->tracker)->connections,
		.anomalies = detect_stats(pass->detect).begun,
	};

	for (unsigned i = 0; i < pass->inputs; i++) {
		const struct source_input *in = source_input(pass->options->source, i);

		progress.read_bytes += in->read_bytes;
		progress.total_bytes += in->file_bytes;
		if (in->read_bytes && in->read_bytes < in->file_bytes)
			progress.name = in->name;
	}
	pass->options->progress(pass->options->progress_context, &progress);
}

/* --- interfaces ----------------------------------------------------------------------------------- */

enum {
	TICK_MS = 100,      /* housekeeping */
	CHECKPOINT_S = 10,  /* a row of an open connection is no older, if anything changed */
	LOOKED_MOST = 4096, /* changed connections that one tick looks at */
};

/* Rows of several connections together, and of the captures, as they are now. */
static void store_present(struct pass *pass, const char *host)
{
	struct store *store = pass->options->store;

	for (unsigned i = 0; i < pass->inputs; i++) {
		describe_capture(pass, i, &pass->captures[i], host);
		is_stored(pass, store_put_capture(store, &pass->captures[i], pass->err));
	}
	if (is_stored(pass, store_drop_many(store, pass->err)))
		detect_many(pass->detect, store_anomaly, pass);
}

/* All that has gathered goes to the disk.  What fails is said once, and tried again each second. */
static void move_rows(struct pass *pass)
{
	struct err err = {.code = ERR_NONE};
	bool done = store_commit(pass->options->store, &err);

	if (done) {
		pass->result->moved_ns = pass->second_ns;
		store_prune(pass->options->store,
			pass->options->keep_ns == CLOCK_NONE ? CLOCK_NONE : pass->second_ns - pass->options->keep_ns,
			pass->options->most_bytes);
	}
	if (done == !pass->store_waits)
		return;
	pass->store_waits = !done;
	if (done)
		err_set(&err, ERR_NONE, "%s: stored again; %llu connections found no room meanwhile",
			store_path(pass->options->store), (unsigned long long)pass->result->store_lost);
	if (pass->options->news)
		pass->options->news(pass->options->news_context, &err);
}

static void show_present(struct pass *pass)
{
	const struct pipeline_options *options = pass->options;

	pass->result->connections = tracker_stats(pass->tracker)->connections;
	pass->result->open = tracker_stats(pass->tracker)->open;
	pass->result->evicted = tracker_stats(pass->tracker)->evicted;
	pass->result->time_back = tracker_stats(pass->tracker)->time_back;
	pass->result->found = detect_stats(pass->detect);
	pass->result->dropped = 0;
	for (unsigned i = 0; i < pass->inputs; i++) {
		const struct source_input *in = source_input(pass->options->source, i);

		pass->result->dropped += in->drops + in->interface_drops;
	}
	if (options->second)
		options->second(options->second_context, pass->second_ns, pass->result);
}

/* Open connections become rows, losses are counted, and once a second all that is on the disk. */
static void keep_house(struct pass *pass, int64_t now_ns, const char *host)
{
	struct store *store = pass->options->store;

	if (now_ns - pass->tick_ns < TICK_MS * NS_PER_MS && now_ns >= pass->tick_ns)
		return;
	pass->tick_ns = now_ns;
	if (store)
		tracker_changed(pass->tracker, CHECKPOINT_S * NS_PER_S, LOOKED_MOST, take_told);
	if (now_ns - pass->second_ns < NS_PER_S && now_ns >= pass->second_ns)
		return;
	pass->second_ns = now_ns;
	source_count(pass->options->source);
	take_drops(pass, now_ns);
	if (store && now_ns - pass->present_ns >= CHECKPOINT_S * NS_PER_S) {
		pass->present_ns = now_ns;
		store_present(pass, host);
	}
	if (store && !pass->failed)
		move_rows(pass);
	show_present(pass);
}

static void watch_packets(struct pass *pass, const char *host)
{
	const struct pipeline_options *options = pass->options;
	struct frame frame;
	struct err news;

	while (!limit_reached(pass) && !pass->failed) {
		if (options->stop && *options->stop) {
			pass->result->stopped = true;
			return;
		}
		enum source_status status = source_next(pass->options->source, &frame, &news);
		if (status == SOURCE_NEWS) {
			if (options->news)
				options->news(options->news_context, &news);
			continue;
		}
		if (status == SOURCE_END) {
			pass->result->damaged = true;
			pass->result->damage = news;
			return;
		}
		if (status == SOURCE_FRAME)
			take_frame(pass, &frame);
		else
			tracker_advance(pass->tracker, frame.time_ns);
		keep_house(pass, frame.time_ns, host);
	}
}

/* --- files ---------------------------------------------------------------------------------------- */

static void read_packets(struct pass *pass)
{
	const struct pipeline_options *options = pass->options;
	struct pipeline_result *result = pass->result;
	struct frame frame;
	struct err damage;

	for (uint64_t taken = 0; !limit_reached(pass); taken++) {
		if (options->stop && *options->stop) {
			result->stopped = true;
			return;
		}
		if (options->progress && taken % PROGRESS_PACKETS == PROGRESS_PACKETS - 1)
			show_progress(pass);
		if (taken % DROPS_PACKETS == 0)
			take_drops(pass, result->last_ns);
		switch (source_next(pass->options->source, &frame, &damage)) {
		case SOURCE_FRAME:
			limit_time(&frame);
			take_frame(pass, &frame);
			if (pass->failed)
				return;
			break;
		case SOURCE_FILTERED:
			limit_time(&frame);
			tracker_advance(pass->tracker, frame.time_ns);
			count_frame(pass, &frame, BUCKET_FILTERED);
			break;
		case SOURCE_DAMAGED:
			if (!result->damaged)
				result->damage = damage;
			result->damaged = true;
			break;
		case SOURCE_IDLE:
		case SOURCE_NEWS: /* of interfaces only */
		case SOURCE_END:
			return;
		}
	}
}

static int64_t end_of_time(const struct pass *pass)
{
	const struct pipeline_options *options = pass->options;

	if (options->until_ns != CLOCK_NONE)
		return options->until_ns;
	if (options->until_after_ns && pass->result->last_ns != CLOCK_NONE)
		return clock_plus(pass->result->last_ns, options->until_after_ns);
	return CLOCK_NONE;
}

bool pipeline_read(const struct pipeline_options *options, struct pipeline_result *result, struct err *err)
{
	struct pass pass = {.options = options, .result = result, .err = err};
	pass.inputs = source_inputs(options->source);
	char host[256] = "";
	bool done = false;

	memset(result, 0, sizeof *result);
	result->first_ns = result->last_ns = CLOCK_NONE;
	gethostname(host, sizeof host - 1);
	if (!begin_captures(&pass, host))
		goto out;
	pass.decoder = decoder_new(options->verify_checksums);
	pass.detect = detect_new(&(struct detect_options){options->limits, options->max_connections});
	pass.tracker = tracker_new(
		&(struct tracker_options){
			.stack = options->stack,
			.max_connections = options->max_connections,
			.observed = take_observed,
			.looked = look,
			.tells_changes = options->live && options->store,
			.first_id = options->store ? store_next_connection_id(options->store) : 1,
		},
		take_closed, &pass);
	if (options->live && options->store && !store_gather(options->store, err))
		goto out;
	pass.drops = mem_new(pass.inputs, sizeof *pass.drops);
	if (options->live)
		watch_packets(&pass, host);
	else
		read_packets(&pass);
	source_count(options->source);
	take_drops(&pass, result->last_ns);
	tracker_finish(pass.tracker, end_of_time(&pass));
	result->connections = tracker_stats(pass.tracker)->connections;
	result->evicted = tracker_stats(pass.tracker)->evicted;
	result->time_back = tracker_stats(pass.tracker)->time_back;
	pass.full = false;
	if (!options->live || !options->store || is_stored(&pass, store_drop_many(options->store, err)))
		detect_many(pass.detect, store_anomaly, &pass);
	result->found = detect_stats(pass.detect);
	done = !pass.failed && end_captures(&pass, host);
out:
	tracker_free(pass.tracker);
	detect_free(pass.detect);
	decoder_free(pass.decoder);
	free(pass.captures);
	free(pass.drops);
	record_texts_fini(&pass.texts);
	return done;
}
