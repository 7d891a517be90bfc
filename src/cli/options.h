/* options: from arguments to values, by the rows of options.def. */
#ifndef LASTACK_CLI_OPTIONS_H
#define LASTACK_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "store/query.h"
#include "view/term.h"

/* Which commands take an option. */
enum {
	IN_READ = 1,
	IN_LIST = 2,
	IN_EXPORT = 4,
	IN_SHOW = 8,
	IN_DOCTOR = 16,
	IN_ANOMALIES = 32,
	IN_EXPLAIN = 64,
	IN_WATCH = 128,
	IN_REPORT = 256,
	IN_ASK = 512,
	IN_AT = 1024,
	IN_SHIP = 2048,
	IN_SHIPS = IN_SHIP | IN_WATCH,
	IN_RUNS = IN_READ | IN_WATCH,
	IN_LISTS = IN_LIST | IN_EXPORT,
	IN_FORMATS = IN_READ | IN_LISTS | IN_ANOMALIES,
	IN_CHOICES = IN_FORMATS | IN_REPORT,                                       /* those that take filters */
	IN_NARROWS = IN_ASK | IN_AT,                                               /* those that take a few of them */
	IN_PAGED = IN_LIST | IN_SHOW | IN_ANOMALIES | IN_ASK | IN_AT | IN_EXPLAIN, /* people read much of them */
	IN_QUERIES = IN_LISTS | IN_SHOW | IN_ANOMALIES | IN_NARROWS,
	IN_COMMANDS = IN_RUNS | IN_QUERIES | IN_REPORT | IN_DOCTOR | IN_EXPLAIN | IN_SHIP,
	IN_ALL = 8191,
};

enum { OPTIONS_LIST = 16 };

struct options_list {
	const char *item[OPTIONS_LIST];
	unsigned count;
};

/* How an argument is read: as it is, a whole number from 0, a span of time (nanoseconds), one more of a list. */
typedef const char *options_TEXT;
typedef int64_t options_NUMBER;
typedef int64_t options_SPAN;
typedef bool options_FLAG;
typedef struct options_list options_LIST;

/* Everything that can be said; borrows from argv.  Numbers and spans that were not given are -1. */
struct options {
#define OPTION(letter, name, argument, kind, field, commands, help) options_##kind field;
#include "cli/options.def"
#undef OPTION
	const char *const *operands; /* what is no option, in order */
	unsigned operand_count;
	const char **operand_room;
};

/* Reads argv[0..argc) of the command with this IN_ bit.  False with *err (ERR_USAGE): one line, with the option that
 * was probably meant. */
bool options_parse(struct options *options, unsigned command, int argc, char **argv, struct err *err);
void options_fini(struct options *options);

/* Prints the options of a command, one line each. */
void options_help(unsigned command, FILE *out);

/* The options of a command, one after the other: *at begins with 0.  False behind the last one. */
struct options_row {
	char letter; /* 0: none */
	const char *name, *argument, *help;
	bool many; /* may be repeated */
};
bool options_next(unsigned command, int *at, struct options_row *row);

/* The filters among the options as a query.  now_ns: what "2h" ago is counted from. */
bool options_filter(const struct options *options, int64_t now_ns, struct query_filter *filter, struct err *err);

/* Adds the filters among the options, as they were given: "--port 443 --since 2h". */
void options_add_filters(const struct options *options, struct strbuf *text);
/* A time as every option takes it; option: what an error begins with. */
bool options_time(const char *option, const char *text, int64_t now_ns, int64_t *time_ns, struct err *err);

/* --fail-on, --severity: SEVERITY_INFO when there is no such word.  False with *err where it is none. */
bool options_severity(const char *option, const char *word, enum severity *severity, struct err *err);

/* --color; false with *err when it is none of the three words. */
bool options_color(const struct options *options, enum term_color *color, struct err *err);

/* --db, $LASTACK_DB, or lastack.db. */
const char *options_database(const struct options *options);

#endif
