/* detect: names what went wrong with a connection.
 *
 * Reads what tracking has made of each segment, and decides nothing about states.  The catalogue is the comments above
 * the detectors, one block for each code, in the files of their families; gen/catalogue.awk makes the rest of them.
 *
 * Theory.  There are two kinds of questions.  What a segment shows is asked when it passes.  What is missing can only
 * be asked later: such standing questions are asked again and again, once in a second of packet time at most, just
 * before a segment of the connection is taken in, and when the connection ends; so they need no timers, and the answer
 * depends on the capture alone.  One code, connection and side is one row: what comes again is counted.  What later
 * segments disprove is withdrawn, and not forgotten. */
#ifndef LASTACK_DETECT_DETECT_H
#define LASTACK_DETECT_DETECT_H

#include <stdint.h>

#include "base/anomaly.h"
#include "record/anomaly.h"

struct detect;
struct flow;
struct observation;
struct young;

struct detect_options {
	struct limits limits;
	uint64_t max_connections; /* as the tracker's: bounds the memory */
};

struct detect *detect_new(const struct detect_options *options);

/* Memory that what is found of a connection may take, and all tables of many connections, bytes. */
size_t detect_connection_bytes(void);
size_t detect_table_bytes(void);

void detect_free(struct detect *detect); /* accepts NULL */

/* As tracker_observed and tracker_looked: each segment once it has been taken in, and each connection now and then
 * before that. */
void detect_segment(struct detect *detect, const struct observation *observation);
void detect_look(struct detect *detect, struct flow *flow, int64_t now_ns);

/* As tracker_young: what cannot wait until it is taken in. */
void detect_young(struct detect *detect, struct young *young);

/* Each packet as it comes, whatever is in it: its time. */
void detect_packet(struct detect *detect, int64_t time_ns, uint64_t packet);

/* The capture has lost packets at this time, as its source says: so many more than were known before. */
void detect_drops(struct detect *detect, int64_t time_ns, uint64_t packets);

/* What was found of a connection. */
struct detect_summary {
	uint32_t count;      /* rows, without those withdrawn */
	enum severity worst; /* of them; SEVERITIES without any */
	enum anomaly kind;   /* the newest of the worst; ANOMALIES */
};

/* What was found of an open connection so far. */
void detect_found(const struct flow *flow, struct detect_summary *summary);

/* The connection is over: asks what is left to ask. */
void detect_end(struct detect *detect, const struct flow *flow, struct detect_summary *summary);

/* Takes a row; it is gone after it returns. */
typedef void detect_row(void *context, const struct anomaly_record *row);

/* The rows of a connection, in the order in which they were found.  capture_id is left CLOCK_NONE.  detect_forget then
 * gives their memory back: for every flow, when it goes. */
void detect_rows(struct detect *detect, const struct flow *flow, detect_row *row, void *context);
void detect_forget(struct detect *detect, const struct flow *flow);

/* What was found, for a copy of the flow (flow_copy): in so many bytes at `room`, which is aligned for any type. */
size_t detect_copy_bytes(const struct flow *flow);
void detect_copy(const struct flow *flow, struct flow *copy, void *room);

/* The rows of several connections together, and of the capture, in the order in which they began: at the end of input,
 * or at any time.  connection_id and packet are CLOCK_NONE, and whom it is about stands in the evidence.  A row that is
 * not over comes again with the next call, with the same first_ns, brought up to date. */
void detect_many(struct detect *detect, detect_row *row, void *context);

/* What was found so far, by code: rows of connections that are over, and of several together; without those withdrawn.
 */
struct detect_stats {
	uint64_t found[ANOMALIES];
	uint64_t worst[SEVERITIES]; /* connections, by the worst that was found of them */
	uint64_t many[SEVERITIES];  /* rows of several connections together, and of the capture */
	uint64_t begun;             /* rows, also those of connections that are not over, and withdrawn ones */
	uint64_t lost;              /* not kept for want of memory */
};
struct detect_stats detect_stats(const struct detect *detect);

#endif
