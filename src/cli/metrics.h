/* metrics: counts in the text format of Prometheus, for the text-file collector of its node exporter. */
#ifndef LASTACK_CLI_METRICS_H
#define LASTACK_CLI_METRICS_H

#include "base/err.h"
#include "pipeline.h"

/* Writes the file as a whole: who reads it sees the old one or the new one.  False with *err. */
bool metrics_write(
	const char *path, int64_t now_ns, const struct pipeline_result *result, struct store *store, struct err *err);

#endif
