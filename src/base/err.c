/* err: see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	return false;
}

bool err_context(struct err *err, const char *format, ...)
{
	char front[sizeof err->text], whole[sizeof err->text];
	va_list args;

	va_start(args, format);
	vsnprintf(front, sizeof front - 2, format, args);
	va_end(args);
	memcpy(front + strlen(front), ": ", 3);
	/* Truncation is the right answer to an absurdly long file name. */
	size_t used = strlen(front), room = sizeof whole - 1 - used, rest = strlen(err->text);
	memcpy(whole, front, used);
	if (rest > room)
		rest = room;
	memcpy(whole + used, err->text, rest);
	whole[used + rest] = '\0';
	memcpy(err->text, whole, sizeof whole);
	return false;
}

void err_no_memory(void)
{
	fputs("lastack: out of memory\n", stderr);
	exit(ERR_FAILED);
}

void *mem_new(unsigned long count, unsigned long size)
{
	void *block = calloc(count ? count : 1, size ? size : 1);

	if (!block)
		err_no_memory();
	return block;
}

void *mem_grow(void *block, unsigned long size)
{
	void *grown = realloc(block, size ? size : 1);

	if (!grown)
		err_no_memory();
	return grown;
}

char *mem_copy(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		err_no_memory();
	return copy;
}
