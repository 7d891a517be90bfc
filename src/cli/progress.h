/* progress: the one line on standard error that tells how far a long read is; only on a terminal, only after a second,
 * at most five times a second, and gone before anything else is printed. */
#ifndef LASTACK_CLI_PROGRESS_H
#define LASTACK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline.h"

struct progress {
	bool wanted; /* standard error is a terminal */
	bool shown;
	int64_t begun_ns, last_ns; /* monotonic */
};

void progress_begin(struct progress *progress);
void progress_show(void *progress, const struct pipeline_progress *now); /* for pipeline_options.progress */
void progress_end(struct progress *progress);

#endif
