/* tap: a unit test prints the Test Anything Protocol; one program per module.
 *
 *     #include "tests/lib/tap.h"
 *     int main(void) { tap_ok(1 + 1 == 2, "one and one are two"); return tap_end(); } */
#ifndef LASTACK_TESTS_LIB_TAP_H
#define LASTACK_TESTS_LIB_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

/* One result.  The name says the behaviour that holds; `got` of tap_equal is printed when it fails. */
__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool ok, const char *name, ...)
{
	va_list args;

	printf("%sok %d - ", ok ? "" : "not ", ++tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	tap_failed += !ok;
	return ok;
}

static inline bool tap_equal_int(long long got, long long wanted, const char *name)
{
	if (!tap_ok(got == wanted, "%s", name))
		printf("# got %lld, wanted %lld\n", got, wanted);
	return got == wanted;
}

static inline bool tap_equal_text(const char *got, const char *wanted, const char *name)
{
	bool same = got && wanted ? !strcmp(got, wanted) : got == wanted;

	if (!tap_ok(same, "%s", name))
		printf("# got    %s\n# wanted %s\n", got ? got : "(null)", wanted ? wanted : "(null)");
	return same;
}

/* Prints the plan; main returns this. */
static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
