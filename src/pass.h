/* pass: what the files of the pipeline share while packets pass. */
#ifndef LASTACK_PASS_H
#define LASTACK_PASS_H

#include <stdatomic.h>

#include "pipeline.h"
#include "record/from_flow.h"

struct decoder;
struct detect;
struct flow;
struct frame;
struct tracker;
struct writer;

struct pass {
	const struct pipeline_options *options;
	struct store *store; /* as options.store, until watch.next_store gives another one; NULL: nothing is stored */
	struct pipeline_result *result;
	struct decoder *decoder;
	struct tracker *tracker;
	struct detect *detect;
	struct writer *writer;           /* of files: rows are stored beside the pass; NULL: by the pass itself */
	struct capture_record *captures; /* one for each file */
	struct record_texts texts;
	const struct flow *ending; /* whose rows are stored now */
	unsigned inputs;           /* files or interfaces */
	/* of interfaces: when housekeeping was done last */
	int64_t tick_ns, second_ns, present_ns;
	int store_tries;  /* how often in a row the disk did not take the last rows */
	bool store_waits; /* the disk did not take the last rows, which was said */
	struct drops {
		struct lost {
			uint64_t kernel, interface;
		} told, before; /* detect and the store know of; when the row of table capture began */
	} * drops;              /* of each input */
	int64_t lost_ns;        /* of interfaces: when packets were last lost; CLOCK_NONE */
	struct err *err;
	atomic_bool failed; /* the store failed: *err says why */
	bool full;          /* of interfaces: a row found no room in memory (store_gather) */
};

/* --- rows (pass_rows.c) --------------------------------------------------------------------------- */

/* What was done, or why not: a watched interface goes on without a row that finds no room. */
bool pass_is_stored(struct pass *pass, bool done);

/* Tells who watches of an anomaly that is given for the first time. */
void pass_announce(const struct pass *pass, const struct anomaly_record *row);

/* As detect_row. */
void pass_store_anomaly(void *pass, const struct anomaly_record *found);

/* The row of a connection and those of what was found of it.  What finds no room in memory makes some, unless the disk
 * does not take it now.  False: not all of them. */
bool pass_store_flow(struct pass *pass, const struct flow *flow, const struct detect_summary *found);

/* As tracker_told: an open connection has its row before its end, and it is replaced until then. */
bool pass_take_told(void *pass, const struct flow *flow);

/* --- rows beside the pass (pass_writer.c) --------------------------------------------------------- */

/* From now on a thread of its own takes the connections that are over, and does what pass_store_flow does.  NULL: there
 * can be none. */
struct writer *writer_begin(struct pass *pass);

/* Takes a copy; waits while there is no room for one. */
void writer_take(struct writer *writer, const struct flow *flow, const struct detect_summary *found);

/* Waits until all is stored, and ends the thread.  Accepts NULL. */
void writer_end(struct writer *writer);

/* What is known of an input now. */
void pass_describe_capture(struct pass *pass, unsigned input, struct capture_record *capture, const char *host);

/* --- captures (pipeline.c) ------------------------------------------------------------------------ */

/* A row for each input, in the database as it is now; and their end, which commits.  False with *pass->err. */
bool pass_begin_captures(struct pass *pass, const char *host);
bool pass_end_captures(struct pass *pass, const char *host, const char *reason);

uint64_t pass_dropped(const struct pass *pass); /* of all inputs, since the start */

/* --- packets (pipeline.c) ------------------------------------------------------------------------- */

/* Times that a capture file can hold but no capture ever had (before 1824, after 2116) are held at that limit, so that
 * the difference of two times always fits in 64 bits. */
void pass_limit_time(struct frame *frame);

void pass_take_frame(struct pass *pass, const struct frame *frame);
bool pass_limit_reached(const struct pass *pass);

/* Files tell of lost packets between packets, or behind the last one; of interfaces the kernel counts them. */
void pass_take_drops(struct pass *pass, int64_t now_ns);

/* --- interfaces (pass_live.c) --------------------------------------------------------------------- */

void pass_watch(struct pass *pass, const char *host);

#endif
