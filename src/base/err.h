/* err: why something failed for reasons outside the program (a file, a lock, an option).
 *
 * A function that can fail so returns bool and fills a struct err: the cause first, each caller puts
 * its context in front ("edge.pcap: no such file"), and cli/ prints the line once.  Hostile packets are
 * not errors, they are counted verdicts; what only a bug can break is an assert. */
#ifndef LASTACK_BASE_ERR_H
#define LASTACK_BASE_ERR_H

#include <stdbool.h>

/* The program's exit status for each kind of end. */
enum err_code {
	ERR_NONE = 0,
	ERR_FAILED = 1,  /* failed while running */
	ERR_USAGE = 2,   /* wrong usage */
	ERR_DAMAGED = 3, /* done, but the input was damaged or cut short */
	ERR_FOUND = 4,   /* --fail-on found something */
};

struct err {
	enum err_code code;
	char text[600]; /* one line, without newline; control characters are made visible when printed */
};

/* Sets code and text.  Always returns false, so that a function can end in `return err_set(...)`. */
bool err_set(struct err *err, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " in front of the text.  Always returns false. */
bool err_context(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Out of memory outside the packet path: prints one line and ends the program. */
_Noreturn void err_no_memory(void);

/* malloc, calloc, realloc and strdup that end the program rather than return NULL. */
void *mem_new(unsigned long count, unsigned long size); /* zeroed; free() it */
void *mem_grow(void *block, unsigned long size);
char *mem_copy(const char *text);

#endif
