/* pipeline: the pass that every packet takes: source -> decode -> track -> record -> store.
 *
 * Joins the folders, which know nothing of each other, and counts: every packet is in exactly one bucket. */
#ifndef LASTACK_PIPELINE_H
#define LASTACK_PIPELINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/words.h"
#include "content/octets.h"
#include "decode/decode.h"
#include "detect/detect.h"
#include "track/stack.h"

struct anomaly_record;
struct conn_record;
struct geo;
struct pass;
struct present;
struct source;
struct store;

enum {
	PIPELINE_CONNECTIONS = 1000000, /* what max_connections usually is */
	PIPELINE_LOG_MIB = 1024,        /* of a watch: what a reader may hold back (store_gather) */
};

/* What the progress line needs. */
struct pipeline_progress {
	const char *name;     /* of the input that is read now */
	uint64_t read_bytes;  /* of all inputs */
	uint64_t total_bytes; /* 0 unknown */
	uint64_t packets, connections, anomalies;
};

struct pipeline_result;

/* Interfaces are watched until `stop`.  Rows gather (store_gather), and open connections have theirs. */
struct pipeline_watch {
	int64_t keep_ns, most_bytes; /* what the database keeps (store_prune); CLOCK_NONE: all */
	void *context;
	/* An interface, or the disk, is gone, or is back (ERR_NONE). */
	void (*news)(void *context, const struct err *news);
	/* An anomaly, once: a second after it was found, when it still is one. */
	void (*found)(void *context, const struct anomaly_record *row);
	/* Asked once a second: the database to go on with, for rows to gather in, when that is another one from now on;
	 * the one before is closed then.  NULL: the same. */
	struct store *(*next_store)(void *context, int64_t now_ns);
	/* Ten times a second: how far it has come. */
	void (*tick)(void *context, int64_t now_ns, const struct pipeline_result *so_far, const struct pass *pass);
};

struct pipeline_options {
	struct source *source;              /* borrowed; its filter is `filter` */
	const struct pipeline_watch *watch; /* its inputs are interfaces; NULL: files */
	const char *filter;                 /* BPF expression or NULL: for table capture */
	uint64_t packet_limit;              /* stop after so many packets; 0: none */
	int64_t until_ns;                   /* the clock runs on to this time; CLOCK_NONE: stays at the last packet */
	int64_t until_after_ns;             /* or on for so long after the last packet; 0: does not */
	struct stack stack;                 /* the clocks of the hosts that were captured */
	struct limits limits;               /* of the detectors */
	bool verify_checksums;
	uint64_t max_connections;
	bool again;                       /* store a file even if it was read before */
	struct store *store;              /* NULL: nothing is stored */
	struct geo *geo;                  /* NULL: no addresses are looked up */
	const struct octets_sink *octets; /* takes the payload; NULL: nobody does */
	void (*progress)(
		void *context, const struct pipeline_progress *progress); /* every few ten thousand packets; or NULL */
	void *progress_context;
	const volatile sig_atomic_t *stop; /* set by a signal handler: finish cleanly; or NULL */
};

struct pipeline_result {
	uint64_t packets, bytes; /* received; bytes on the wire */
	uint64_t bucket_packets[BUCKETS];
	uint64_t reasons[REASONS];
	uint64_t time_back;
	uint64_t late;              /* TCP packets of connections that were over and settled: of no row */
	uint64_t connections, open; /* begun; of them open now */
	uint64_t outcomes[OUTCOMES];
	struct detect_stats found; /* anomalies */
	uint64_t evicted;
	uint64_t aggregated; /* of those evicted: unanswered SYNs without a row (interfaces) */
	uint64_t store_lost; /* connections that found no room in memory while the disk did not take them */
	int64_t moved_ns;    /* interfaces: when the disk took all there was */
	uint64_t held[SIDES][TCP_STATES + 1]; /* interfaces: open connections by the states of their sides */
	uint64_t dropped;                     /* as the files themselves, or the kernel and the interfaces, tell */
	int64_t first_ns, last_ns;            /* CLOCK_NONE without packets */
	int64_t first_capture;                /* id of the first row of table capture that it made; 0 without store */
	bool stopped;                         /* by options.stop */
	bool damaged;                         /* an input ended early */
	struct err damage;                    /* then: the first of them, for the one line of exit status ERR_DAMAGED */
};

/* Reads everything.  False with *err when it could not start or the database failed; what was read until then
 * is stored.  Damaged input is no failure: result.damaged. */
/* How many connections may be held at once in so much memory, with everything else that a run needs: rings not counted.
 * 0: not even a thousand.  watches: of interfaces, not of files. */
uint64_t pipeline_connections(uint64_t bytes, bool watches);

bool pipeline_read(const struct pipeline_options *options, struct pipeline_result *result, struct err *err);

/* While `tick` is called: each connection that is open, in order of their ids. */
typedef void pipeline_visit(void *context, const struct present *present);
void pipeline_each_open(const struct pass *pass, pipeline_visit *visit, void *context);

/* And one of them in full, its anomalies first.  False: it is none of the open ones. */
typedef void pipeline_record(void *context, const struct conn_record *record);
bool pipeline_tell_open(const struct pass *pass, int64_t id, detect_row *row, pipeline_record *record, void *context);

#endif
