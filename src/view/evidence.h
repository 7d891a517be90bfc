/* evidence: what an anomaly rests on, as a short phrase, by the endings of its keys; whatever the keys are. */
#ifndef LASTACK_VIEW_EVIDENCE_H
#define LASTACK_VIEW_EVIDENCE_H

#include "base/strbuf.h"
#include "record/anomaly.h"

/* "packet 18222, FIN in packet 18221, gap 213 ms, copies 2".  What it is about comes first where it is no connection;
 * the states of both sides are left out. */
void evidence_add(struct strbuf *text, const struct anomaly_record *row);

#endif
