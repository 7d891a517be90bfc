/* pipeline: see pipeline.h. */
#include "config.h"

#include "pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "decode/decode.h"
#include "detect/detect.h"
#include "pass.h"
#include "source/source.h"
#include "store/store.h"
#include "track/flow.h"
#include "track/tracker.h"

enum { PROGRESS_BATCHES = 1 << 10 };

static_assert((int)CAPTURE_BUCKETS == (int)BUCKETS, "table capture has a column for each bucket");

/* --- connections ---------------------------------------------------------------------------------- */

static void look(void *context, struct flow *flow, int64_t now_ns)
{
	const struct pass *pass = context;

	detect_look(pass->detect, flow, now_ns);
}

static void take_young(void *context, struct young *young)
{
	const struct pass *pass = context;

	detect_young(pass->detect, young);
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

/* Under a flood what is given up first are SYNs that were never answered.  They are counted, and have no rows: the row
 * of the flood says whom they were meant for. */
static bool is_aggregated(const struct pass *pass, const struct flow *flow)
{
	return pass->options->watch && flow->end == END_EVICTED && flow->class == FLOW_HALF_OPEN &&
	       flow->told_ns == CLOCK_NONE;
}

/* Both sides were gone already when it was told of last, and nothing has come since: its row says all there is.  Most
 * connections of a watched interface end like this. */
static bool has_its_row(
	const struct flow *flow, const struct detect_summary *before, const struct detect_summary *found)
{
	return flow->end == END_OVER && flow->told_ns != CLOCK_NONE && !flow->changed.next &&
	       before->count == found->count && before->worst == found->worst;
}

static void take_closed(void *context, const struct flow *flow)
{
	struct pass *pass = context;
	struct detect_summary before, found;

	end_octets(pass, flow);
	pass->result->outcomes[flow_outcome(flow)]++;
	detect_found(flow, &before);
	detect_end(pass->detect, flow, &found);
	pass->captures[flow->input].connections++;
	if (is_aggregated(pass, flow))
		pass->result->aggregated++;
	else if (pass->writer)
		writer_take(pass->writer, flow, &found);
	else if (pass->store && !pass->failed && !has_its_row(flow, &before, &found) &&
		 !pass_store_flow(pass, flow, &found))
		pass->result->store_lost++;
	detect_forget(pass->detect, flow);
}

/* --- captures ------------------------------------------------------------------------------------ */

static bool refuse_again(struct pass *pass, const struct source_input *in)
{
	char when[CLOCK_TEXT];
	int64_t id, read_ns;

	if (pass->options->again || !in->fingerprint ||
		!store_find_fingerprint(pass->store, (int64_t)in->fingerprint, &id, &read_ns))
		return true;
	return err_set(pass->err, ERR_FAILED, "%s: already in %s, read %s as capture %lld (--again reads it once more)",
		in->name, store_path(pass->store), clock_print(read_ns, 0, when), (long long)id);
}

bool pass_begin_captures(struct pass *pass, const char *host)
{
	int64_t read_ns = clock_wall_ns(); /* the same of all: they were read together */

	for (unsigned i = 0; i < pass->inputs; i++) {
		const struct source_input *in = source_input(pass->options->source, i);
		struct capture_record *capture = &pass->captures[i];

		*capture = (struct capture_record){.first_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
		if (!pass->store)
			continue;
		if (!refuse_again(pass, in))
			return false;
		pass->drops[i].before = (struct lost){in->drops, in->interface_drops};
		capture->read_ns = read_ns;
		pass_describe_capture(pass, i, capture, host);
	}
	for (unsigned i = 0; pass->store && i < pass->inputs; i++)
		if (!store_put_capture(pass->store, &pass->captures[i], pass->err))
			return false;
	return true;
}

/* Packets that the filter leaves out do not count, as with tcpdump -c. */
bool pass_limit_reached(const struct pass *pass)
{
	const struct pipeline_result *result = pass->result;
	uint64_t limit = pass->options->packet_limit;

	return limit && result->packets - result->bucket_packets[BUCKET_FILTERED] >= limit;
}

bool pass_end_captures(struct pass *pass, const char *host, const char *reason)
{
	for (unsigned i = 0; pass->store && i < pass->inputs; i++) {
		pass_describe_capture(pass, i, &pass->captures[i], host);
		pass->captures[i].end_reason = source_input(pass->options->source, i)->damaged ? "damaged" : reason;
		if (!store_put_capture(pass->store, &pass->captures[i], pass->err))
			return false;
	}
	return !pass->store || store_commit(pass->store, pass->err);
}

uint64_t pass_dropped(const struct pass *pass)
{
	uint64_t dropped = 0;

	for (unsigned i = 0; i < pass->inputs; i++) {
		const struct source_input *in = source_input(pass->options->source, i);

		dropped += in->drops + in->interface_drops;
	}
	return dropped;
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

void pass_limit_time(struct frame *frame)
{
	const int64_t most = INT64_MAX / 2;

	if (frame->time_ns > most)
		frame->time_ns = most;
	else if (frame->time_ns < -most)
		frame->time_ns = -most;
}

/* Counts a frame, and decodes it into *segment, if there is one. */
static bool decode(struct pass *pass, const struct frame *frame, struct segment *segment)
{
	enum decode_reason reason = decoder_frame(pass->decoder, frame, segment);

	pass->result->reasons[reason]++;
	count_frame(pass, frame, decode_reason_bucket(reason));
	return reason == REASON_TCP;
}

void pass_take_frame(struct pass *pass, const struct frame *frame)
{
	struct segment segment;

	tracker_advance(pass->tracker, frame->time_ns);
	detect_packet(pass->detect, frame->time_ns, frame->number);
	if (decode(pass, frame, &segment))
		tracker_segment(pass->tracker, &segment);
}

/* Files tell of lost packets between packets, or behind the last one; of interfaces the kernel counts them. */
void pass_take_drops(struct pass *pass, int64_t now_ns)
{
	for (unsigned i = 0; i < pass->inputs && !pass->failed; i++) {
		const struct source_input *in = source_input(pass->options->source, i);
		struct lost *known = &pass->drops[i].told;
		uint64_t kernel = in->drops - known->kernel, interface = in->interface_drops - known->interface;

		if (!kernel && !interface)
			continue;
		tracker_grow_up(pass->tracker); /* what was found before has not been found since */
		detect_drops(pass->detect, now_ns, kernel + interface);
		if (pass->options->watch)
			pass->lost_ns = now_ns;
		if (pass->options->watch && pass->store &&
			!pass_is_stored(pass, store_put_drop(pass->store, pass->captures[i].id, now_ns, (int64_t)kernel,
						      (int64_t)interface, pass->err)))
			continue;
		*known = (struct lost){in->drops, in->interface_drops};
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

/* --- files ---------------------------------------------------------------------------------------- */

/* Frames that are read before the first of them is taken in, so that the connections of the next ones are on their way
 * from memory to the caches meanwhile (tracker_expect). */
enum { BATCH = 32 };

struct batch {
	int count;
	struct {
		int64_t time_ns;
		uint64_t number, hash;
		enum { PACKET_FILTERED, PACKET_OTHER, PACKET_TCP } what;
	} packet[BATCH];
	struct segment segment[BATCH];
};

static void add_frame(struct pass *pass, struct batch *batch, const struct frame *frame, bool filtered)
{
	int i = batch->count++;

	batch->packet[i].time_ns = frame->time_ns;
	batch->packet[i].number = frame->number;
	batch->packet[i].what = PACKET_FILTERED;
	if (filtered) {
		count_frame(pass, frame, BUCKET_FILTERED);
		return;
	}
	batch->packet[i].what = PACKET_OTHER;
	if (!decode(pass, frame, &batch->segment[i]))
		return;
	batch->packet[i].what = PACKET_TCP;
	batch->packet[i].hash = tracker_expect(pass->tracker, &batch->segment[i]);
}

static void take_batch(struct pass *pass, struct batch *batch)
{
	for (int i = 0; i < batch->count; i++)
		if (batch->packet[i].what == PACKET_TCP)
			tracker_fetch(pass->tracker, batch->packet[i].hash);
	for (int i = 0; i < batch->count && !pass->failed; i++) {
		tracker_advance(pass->tracker, batch->packet[i].time_ns);
		if (batch->packet[i].what == PACKET_FILTERED)
			continue;
		detect_packet(pass->detect, batch->packet[i].time_ns, batch->packet[i].number);
		if (batch->packet[i].what == PACKET_TCP)
			tracker_expected(pass->tracker, &batch->segment[i], batch->packet[i].hash);
	}
	batch->count = 0;
}

/* Reads up to `most` frames.  False: those were the last ones. */
static bool fill_batch(struct pass *pass, struct batch *batch, int most)
{
	const struct pipeline_options *options = pass->options;
	struct pipeline_result *result = pass->result;
	struct frame frame;
	struct err damage;

	while (batch->count < most) {
		if (pass_limit_reached(pass))
			return false;
		if (options->stop && *options->stop) {
			result->stopped = true;
			return false;
		}
		enum source_status status = source_next(options->source, &frame, &damage);
		if (status == SOURCE_FRAME || status == SOURCE_FILTERED) {
			pass_limit_time(&frame);
			add_frame(pass, batch, &frame, status == SOURCE_FILTERED);
		} else if (status == SOURCE_DAMAGED) {
			if (!result->damaged)
				result->damage = damage;
			result->damaged = true;
		} else {
			return false;
		}
	}
	return true;
}

static void read_packets(struct pass *pass)
{
	/* payload is borrowed from the frame, and gone with the next one */
	int most = pass->options->octets ? 1 : BATCH;
	struct batch batch = {.count = 0};
	bool more = true;

	for (uint64_t batches = 0; more && !pass->failed; batches++) {
		if (pass->options->progress && batches % PROGRESS_BATCHES == PROGRESS_BATCHES - 1)
			show_progress(pass);
		pass_take_drops(pass, pass->result->last_ns);
		more = fill_batch(pass, &batch, most);
		take_batch(pass, &batch);
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

enum {
	WATCH_BYTES = 44 << 20,   /* rows that wait, the cache of the database */
	READ_BYTES = 40 << 20,    /* the same: open_load.sql, the ring of pass_writer.c */
	PROGRAM_BYTES = 16 << 20, /* code, decoder, what else there is once */
	CONNECTIONS_LEAST = 1000,
};

uint64_t pipeline_connections(uint64_t bytes, bool watches)
{
	const uint64_t rest = detect_table_bytes() + (watches ? WATCH_BYTES : READ_BYTES) + PROGRAM_BYTES;
	const uint64_t each = tracker_connection_bytes(!watches) + detect_connection_bytes();
	uint64_t connections = bytes > rest ? (bytes - rest) / each : 0;

	return connections < CONNECTIONS_LEAST ? 0 : connections;
}

/* So many connections of files may be over and held whole: all of them where no more close in a minute or two; on the
 * busiest links what comes within half a second of the close.  More of them would cost a trip to memory for each line
 * of a new connection, because the one whose place it takes would be gone from the caches. */
enum { DONE_MOST = 8192 };

bool pipeline_read(const struct pipeline_options *options, struct pipeline_result *result, struct err *err)
{
	struct pass pass = {
		.options = options,
		.store = options->store,
		.result = result,
		.inputs = source_inputs(options->source),
		.err = err,
		.lost_ns = CLOCK_NONE,
	};
	char host[256] = "";
	bool done = false;

	memset(result, 0, sizeof *result);
	result->first_ns = result->last_ns = CLOCK_NONE;
	pass.captures = mem_new(pass.inputs, sizeof *pass.captures);
	pass.drops = mem_new(pass.inputs, sizeof *pass.drops);
	gethostname(host, sizeof host - 1);
	if (!pass_begin_captures(&pass, host))
		goto out;
	result->first_capture = pass.captures[0].id;
	pass.decoder = decoder_new(options->verify_checksums);
	pass.detect = detect_new(&(struct detect_options){options->limits, options->max_connections});
	pass.tracker = tracker_new(
		&(struct tracker_options){
			.stack = options->stack,
			.max_connections = options->max_connections,
			.most_done = options->watch ? 0 : DONE_MOST,
			.observed = take_observed,
			.young = options->watch || options->octets ? NULL : take_young,
			.looked = look,
			.tells_changes = options->watch && options->store,
			.first_id = options->store ? store_next_connection_id(options->store) : 1,
		},
		take_closed, &pass);
	if (options->watch && options->store && !store_gather(options->store, PIPELINE_LOG_MIB << 20, err))
		goto out;
	if (!options->watch && pass.store)
		pass.writer = writer_begin(&pass);
	if (options->watch)
		pass_watch(&pass, host);
	else
		read_packets(&pass);
	source_count(options->source);
	pass_take_drops(&pass, result->last_ns);
	/* many rows come at once now, and nothing else waits for them */
	if (options->watch && pass.store)
		store_ungather(pass.store, &(struct err){.code = ERR_NONE});
	tracker_finish(pass.tracker, end_of_time(&pass));
	writer_end(pass.writer);
	if (!options->watch && pass.store && !pass.failed && tracker_stats(pass.tracker)->settled)
		pass_is_stored(&pass,
			store_time_wait_over(pass.store, pass.captures[0].id, tracker_clock_ns(pass.tracker), err));
	result->connections = tracker_stats(pass.tracker)->connections;
	result->late = tracker_stats(pass.tracker)->late;
	result->evicted = tracker_stats(pass.tracker)->evicted;
	result->time_back = tracker_stats(pass.tracker)->time_back;
	pass.full = false;
	if (!options->watch || !pass.store ||
		pass_is_stored(&pass, store_drop_many(pass.store, pass.captures[0].id, err)))
		detect_many(pass.detect, pass_store_anomaly, &pass);
	result->found = detect_stats(pass.detect);
	result->dropped = pass_dropped(&pass);
	done = !pass.failed && pass_end_captures(&pass, host,
				       result->stopped             ? "signal"
				       : pass_limit_reached(&pass) ? "count"
								   : "end of file");
out:
	tracker_free(pass.tracker);
	detect_free(pass.detect);
	decoder_free(pass.decoder);
	free(pass.captures);
	free(pass.drops);
	record_texts_fini(&pass.texts);
	return done;
}
