/* from_flow: a flow becomes a row.  from_flow.c is the only file outside track/ that looks inside a flow. */
#ifndef LASTACK_RECORD_FROM_FLOW_H
#define LASTACK_RECORD_FROM_FLOW_H

#include "base/strbuf.h"
#include "record/community_id.h"
#include "record/record.h"
#include "record/seen.h"

struct flow;
struct observation;

/* Texts of one record: give the same one each time, fini it at the end. */
struct record_texts {
	struct strbuf timeline, revisions, conn_log;
	char tunnel[32], history[32], community_id[COMMUNITY_ID_TEXT];
};

void record_texts_fini(struct record_texts *texts);

/* What a segment was, once it has been taken in; its numbers and its side are left to the caller, who knows the whole
 * connection. */
void seen_from_observation(const struct observation *o, struct seen_segment *seen);

/* Fills *record (geo columns stay unknown), which borrows from *texts.  capture_id is left to the caller. */
void record_from_flow(const struct flow *flow, struct conn_record *record, struct record_texts *texts);

#endif
