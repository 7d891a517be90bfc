/* ways: see ways.h. */
#include "tests/lib/ways.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decode/decode.h"
#include "detect/detect.h"
#include "record/from_flow.h"
#include "source/source.h"
#include "track/tracker.h"

extern char **environ;

/* --- into the tracker ---------------------------------------------------------------------------- */

struct collector {
	struct rows *rows;
	struct detect *detect;
	struct record_texts texts;
};

static void collect_anomaly(void *context, const struct anomaly_record *record)
{
	struct collector *c = context;

	rows_add_anomaly(c->rows, record);
}

static void collect(void *context, const struct flow *flow)
{
	struct collector *c = context;
	struct detect_summary summary;
	struct conn_record record;

	detect_end(c->detect, flow, &summary);
	record_from_flow(flow, &record, &c->texts);
	record_anomalies(&record, summary.count, summary.worst);
	rows_add_record(c->rows, &record);
	detect_rows(c->detect, flow, collect_anomaly, c);
	detect_forget(c->detect, flow);
}

static void watch(void *context, const struct observation *o)
{
	const struct collector *c = context;

	detect_segment(c->detect, o);
}

static void look(void *context, struct flow *flow, int64_t now_ns)
{
	const struct collector *c = context;

	detect_look(c->detect, flow, now_ns);
}

static struct tracker *begin(struct collector *c, const struct stack *stack, const struct limits *limits)
{
	enum { CONNECTIONS = 4096 };

	c->detect = detect_new(&(struct detect_options){.limits = *limits, .max_connections = CONNECTIONS});
	return tracker_new(&(struct tracker_options){.stack = *stack,
				   .max_connections = CONNECTIONS,
				   .first_id = 1,
				   .observed = watch,
				   .looked = look},
		collect, c);
}

static void end(struct collector *c, struct tracker *tracker, int64_t until_ns)
{
	tracker_finish(tracker, until_ns);
	detect_many(c->detect, collect_anomaly, c);
	tracker_free(tracker);
	detect_free(c->detect);
	record_texts_fini(&c->texts);
	rows_sort(c->rows);
}

/* What the decoder would find of the payload when the snap length cuts the frame. */
static void cut(const struct scenario *s, struct wrap *w, struct segment *segment)
{
	if (!s->snap_length)
		return;
	wrap_segment(w, s->link, segment);
	size_t length = w->end - w->at;
	uint32_t lost = length > s->snap_length ? (uint32_t)(length - s->snap_length) : 0;

	/* padding of a short frame goes first */
	uint32_t headers = wrap_ip_header(segment) + wrap_tcp_header(segment) + 14;
	if (s->link->link_type == 1 && headers + segment->payload_len < 60)
		return;
	if (!lost)
		return;
	segment->cut = segment->payload_len;
	segment->payload_captured = segment->payload_len > lost ? segment->payload_len - lost : 0;
	segment->checksum = CHECKSUM_UNCHECKED;
}

void way_segments(const struct scenario *s, struct rows *rows)
{
	static uint8_t payload[WRAP_PAYLOAD];
	struct collector collector = {.rows = rows};
	struct tracker *tracker = begin(&collector, &s->stack, &s->limits);
	struct wrap *w = mem_new(1, sizeof *w);
	int64_t last_ns = SCENARIO_START_NS;

	*rows = (struct rows){0};
	for (size_t i = 0; i < s->step_count; i++) {
		struct segment segment = s->steps[i].segment;

		segment.payload = payload;
		segment.payload_captured = segment.payload_len;
		segment.tunnel = (uint8_t)s->link->tunnel;
		segment.network = s->link->network;
		cut(s, w, &segment);
		/* compared between copies of the same octets only: one value for each content is enough */
		segment.digest = segment.payload_len && segment.checksum == CHECKSUM_GOOD ? segment.digest + 1 : 0;
		last_ns = segment.time_ns;
		tracker_advance(tracker, segment.time_ns);
		detect_packet(collector.detect, segment.time_ns, segment.packet);
		tracker_segment(tracker, &segment);
	}
	end(&collector, tracker, s->until_after_ns ? last_ns + s->until_after_ns : CLOCK_NONE);
	free(w);
}

/* --- a file, decoded ----------------------------------------------------------------------------- */

bool way_capture_files(const char *const *paths, unsigned count, const struct stack *stack, const struct limits *limits,
	int64_t until_after_ns, struct rows *rows, struct err *err)
{
	struct collector collector = {.rows = rows};
	struct source *source = source_open(paths, count, NULL, err);
	struct tracker *tracker;
	struct decoder *decoder;
	struct frame frame;
	struct segment segment;
	enum source_status status;
	int64_t last_ns = CLOCK_NONE;

	*rows = (struct rows){0};
	if (!source)
		return false;
	decoder = decoder_new(true);
	tracker = begin(&collector, stack, limits);
	while ((status = source_next(source, &frame, err)) == SOURCE_FRAME) {
		last_ns = frame.time_ns;
		tracker_advance(tracker, frame.time_ns);
		detect_packet(collector.detect, frame.time_ns, frame.number);
		if (decoder_frame(decoder, &frame, &segment) == REASON_TCP)
			tracker_segment(tracker, &segment);
	}
	end(&collector, tracker, until_after_ns && last_ns != CLOCK_NONE ? last_ns + until_after_ns : CLOCK_NONE);
	decoder_free(decoder);
	source_close(source);
	return status == SOURCE_END;
}

bool way_capture(const struct scenario *s, const char *path, struct rows *rows, struct err *err)
{
	*rows = (struct rows){0};
	return scenario_write(s, path, err) &&
	       way_capture_files(&path, 1, &s->stack, &s->limits, s->until_after_ns, rows, err);
}

/* --- through the program ------------------------------------------------------------------------- */

static bool run(const char *const argv[], const char *out, struct err *err)
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status, failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	failed = posix_spawn(&child, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return err_set(err, ERR_FAILED, "%s: %s", argv[0], strerror(failed));
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(err, ERR_FAILED, "%s: ended with status 0x%x", argv[0], (unsigned)status);
	return true;
}

static bool read_rows(const char *path, bool (*take)(struct rows *, const char *), struct rows *rows, struct err *err)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	bool good = true;

	if (!file)
		return err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	while (good && getline(&line, &room, file) > 0)
		good = take(rows, line) || err_set(err, ERR_FAILED, "no JSON object: %.200s", line);
	free(line);
	fclose(file);
	return good;
}

static bool run_format(const struct program_run *p, const char *format, bool (*take)(struct rows *, const char *),
	struct rows *rows, struct err *err)
{
	char out[300], msl[40], until[40];
	const char *argv[20 + 2 * SCENARIO_SETS] = {
		p->program, "read", "--format", format, "--stack", p->stack->word, "--msl", msl};
	int argc = 8;

	snprintf(out, sizeof out, "%s.json", p->path);
	snprintf(msl, sizeof msl, "%.9g", (double)p->stack->time_wait_ns / 2e9);
	snprintf(until, sizeof until, "+%.9g", (double)p->until_after_ns / 1e9);
	if (p->until_after_ns) {
		argv[argc++] = "--until";
		argv[argc++] = until;
	}
	for (int i = 0; p->sets && i < SCENARIO_SETS && p->sets[i]; i++) {
		argv[argc++] = "--set";
		argv[argc++] = p->sets[i];
	}
	argv[argc] = p->path;
	bool good = run(argv, out, err) && read_rows(out, take, rows, err);
	unlink(out);
	return good;
}

bool way_program_file(const struct program_run *p, struct rows *rows, struct err *err)
{
	*rows = (struct rows){0};
	bool good = run_format(p, "json", rows_add_json, rows, err) &&
		    run_format(p, "anomalies", rows_add_anomaly_json, rows, err);
	rows_sort(rows);
	return good;
}

bool way_program(const struct scenario *s, const char *program, const char *path, struct rows *rows, struct err *err)
{
	const struct program_run p = {program, path, &s->stack, s->until_after_ns, (const char *const *)s->sets};

	*rows = (struct rows){0};
	return scenario_write(s, path, err) && way_program_file(&p, rows, err);
}
