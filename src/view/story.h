/* story: one connection told: its facts, and what both sides went through, in words. */
#ifndef LASTACK_VIEW_STORY_H
#define LASTACK_VIEW_STORY_H

#include <stdio.h>

#include "record/anomaly.h"
#include "record/record.h"

/* Its anomalies are told first, in order of time; each is copied.  Then the story is printed, with them at their
 * places. */
struct story;
struct story *story_new(FILE *out, bool color);
void story_anomaly(struct story *story, const struct anomaly_record *row);
void story_print(struct story *story, const struct conn_record *record);
void story_free(struct story *story);

#endif
