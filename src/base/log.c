/* log: see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/strbuf.h"

static void print_line(const char *front, const char *text)
{
	struct strbuf line = {0};

	strbuf_add(&line, front);
	strbuf_add_safe(&line, text);
	strbuf_add_char(&line, '\n');
	strbuf_flush(&line, stderr);
	strbuf_fini(&line);
}

#define PRINT_FORMATTED(front, format)                                                                                 \
	do {                                                                                                           \
		char text[1024];                                                                                       \
		va_list args;                                                                                          \
		va_start(args, format);                                                                                \
		vsnprintf(text, sizeof text, format, args);                                                            \
		va_end(args);                                                                                          \
		print_line(front, text);                                                                               \
	} while (0)

void log_warning(const char *format, ...)
{
	PRINT_FORMATTED("lastack: ", format);
}

void log_note(const char *format, ...)
{
	PRINT_FORMATTED("", format);
}

void log_error(const struct err *err)
{
	print_line("lastack: ", err->text);
}
