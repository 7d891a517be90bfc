/* log: lines for people on standard error; "lastack: " first, control characters made visible. */
#ifndef LASTACK_BASE_LOG_H
#define LASTACK_BASE_LOG_H

#include "base/err.h"

/* "lastack: TEXT" */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const struct err *err);

/* TEXT as it is: summaries. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
