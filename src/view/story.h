/* story: one connection told: its facts, its ladder, and what its anomalies rest on. */
#ifndef LASTACK_VIEW_STORY_H
#define LASTACK_VIEW_STORY_H

#include <stdio.h>

#include "record/anomaly.h"
#include "record/record.h"
#include "record/seen.h"
#include "view/grid.h"

/* Its anomalies are told first, in order of time; each is copied.  Then its record, which is borrowed, and its
 * segments, if there are any.  Then it is printed. */
struct story;
struct story *story_new(FILE *out, const struct grid_style *style, bool unfold);
void story_anomaly(struct story *story, const struct anomaly_record *row);
void story_connection(struct story *story, const struct conn_record *record);
void story_segment(void *story, const struct seen_segment *segment); /* as seen_take */
void story_print(struct story *story, const char *hint);
void story_free(struct story *story);

#endif
