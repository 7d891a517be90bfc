/* summary: the lines behind what `read` prints: what was read, how the connections ended, where packets went. */
#ifndef LASTACK_CLI_SUMMARY_H
#define LASTACK_CLI_SUMMARY_H

#include "pipeline.h"

/* On standard error.  name: what was read; database: where it was stored, NULL: nowhere. */
void summary_print(const char *name, const char *database, const struct pipeline_result *result);

/* -v: every bucket and every reason that counted a packet. */
void summary_buckets(const struct pipeline_result *result);

#endif
