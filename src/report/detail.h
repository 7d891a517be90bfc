/* detail: one connection of a report in full: its ladder, its facts, and what its anomalies rest on. */
#ifndef LASTACK_REPORT_DETAIL_H
#define LASTACK_REPORT_DETAIL_H

#include "base/strbuf.h"
#include "record/anomaly.h"
#include "record/record.h"
#include "record/seen.h"

/* Its record is copied; its anomalies are told first, as of a ladder (view/ladder.h), then its segments. */
struct detail;
struct detail *detail_new(void);
void detail_anomaly(struct detail *detail, const struct anomaly_record *row);
void detail_connection(struct detail *detail, const struct conn_record *record);
void detail_segment(void *detail, const struct seen_segment *segment); /* as seen_take */
void detail_free(struct detail *detail);                               /* accepts NULL */

int64_t detail_id(const struct detail *detail);

/* As an element <section>, with the id "c" and its number.  shown: from the start, not only when it is linked to. */
void detail_add(struct detail *detail, struct strbuf *out, bool shown);

#endif
