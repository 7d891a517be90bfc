/* spread: what many connections show together, and none of them alone: floods, scans, leaks, exhaustion.
 *
 * Theory.  Connections end late: one that was never answered is given up after minutes, a CLOSE-WAIT stands for hours.
 * A leak or a flood must be known while it happens.  So what is counted are steps that a segment shows (a SYN passes, a
 * handshake is completed, a FIN is acknowledged, a TIME-WAIT begins), and deadlines of packet time, one timer for each
 * connection: the handshake was not over within 3 s, CLOSE-WAIT has lasted for a minute, a TIME-WAIT is over.  Each
 * step adds to entries of tables of fixed size (talkers.h).  Once a second the entries that were touched are looked at,
 * and what exceeds its thresholds becomes a row: one for each culprit and episode, however long that lasts. */
#ifndef LASTACK_DETECT_SPREAD_H
#define LASTACK_DETECT_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/anomaly.h"
#include "base/strbuf.h"
#include "detect/detect.h"

struct flow;
struct observation;
struct spread;
struct young;

struct spread *spread_new(const struct limits *limits);
void spread_free(struct spread *spread); /* accepts NULL */

/* Memory that all of it may take, bytes. */
size_t spread_bytes(void);

/* The next time at which it wants to be woken. */
int64_t spread_next_ns(const struct spread *spread);

/* Packet time has come to that. */
void spread_wake(struct spread *spread, int64_t now_ns);

/* A segment with SYN, FIN or RST, one after the first FIN or RST, or one of a connection with a phase. */
void spread_segment(struct spread *spread, const struct observation *observation);

/* A segment of a connection that is young (young.h). */
void spread_young(struct spread *spread, struct young *young);

/* The same, now that it is taken in. */
void spread_grown(struct spread *spread, const struct observation *observation);

/* A connection before a segment of it is taken in, a second after the last time at the soonest. */
void spread_look(struct spread *spread, struct flow *flow, int64_t now_ns);

/* A row of one connection begins. */
void spread_found(struct spread *spread, struct flow *flow, enum anomaly kind, int64_t now_ns);

/* The connection is over. */
void spread_end(struct spread *spread, struct flow *flow);

/* The capture has lost so many packets. */
void spread_drops(struct spread *spread, int64_t time_ns, uint64_t packets);

/* A packet is so much older than the one before it. */
void spread_back(struct spread *spread, int64_t time_ns, int64_t back_ns, uint64_t packet);

/* Looks at what has come since it was woken last. */
void spread_settle(struct spread *spread);

/* All rows, as detect_many.  `text` is room for their evidence. */
void spread_rows(struct spread *spread, struct strbuf *text, detect_row *take, void *context);

/* Rows begun, by code, without those withdrawn; and those that found no room. */
void spread_count(const struct spread *spread, uint64_t found[ANOMALIES], uint64_t *lost);

#endif
