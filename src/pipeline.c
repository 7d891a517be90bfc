/* pipeline: see pipeline.h. */
#include "pipeline.h"

#include <string.h>

bool pipeline_read(const struct pipeline_options *options, struct pipeline_result *result, struct err *err)
{
	(void)options;
	memset(result, 0, sizeof *result);
	return err_set(err, ERR_FAILED, "not built yet");
}
