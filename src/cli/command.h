/* command: the table of commands and the way from argv to one of them.  One command is one row and one file. */
#ifndef LASTACK_CLI_COMMAND_H
#define LASTACK_CLI_COMMAND_H

#include "base/err.h"
#include "cli/options.h"

/* Runs the program; returns its exit status (enum err_code). */
int command_main(int argc, char **argv);

/* What every command's function is: it prints its output, and returns an exit status; when that is not 0 it has
 * filled *err, which is printed as the one line on standard error (an empty text prints nothing). */
typedef enum err_code command_run(const struct options *options, struct err *err);

struct command {
	const char *name;
	command_run *run;
	unsigned bit;       /* IN_... of options.h */
	const char *usage;  /* behind the name */
	const char *about;  /* one line */
	const char *detail; /* more, for help; NULL: nothing */
};

extern const struct command commands[];
extern const unsigned command_count;

/* By name; NULL when there is none. */
const struct command *command_find(const char *name);

/* Help on one command, or on all of them (NULL), to standard output. */
void command_help(const struct command *command);

command_run cmd_read, cmd_watch, cmd_list, cmd_show, cmd_export, cmd_anomalies, cmd_report, cmd_ask, cmd_at, cmd_ship,
	cmd_explain, cmd_doctor, cmd_completion, cmd_help;

#endif
