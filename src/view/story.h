/* story: one connection told: its facts, and what both sides went through, in words. */
#ifndef LASTACK_VIEW_STORY_H
#define LASTACK_VIEW_STORY_H

#include <stdio.h>

#include "record/record.h"

void story_print(FILE *out, const struct conn_record *record);

#endif
