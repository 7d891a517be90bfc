/* command: see command.h. */
#include "config.h"

#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/near.h"
#include "cli/pager.h"
#include "enrich/geo.h"
#include "ship/http.h"
#include "source/source.h"
#include "store/store.h"

const struct command commands[] = {
	{"read", cmd_read, IN_READ, "[options] FILE...",
		"read capture files (- is standard input), print the connections",
		"Several files are read as one stream in the order of time.  With -d the connections are stored, too."},
	{"watch", cmd_watch, IN_WATCH, "-i INTERFACE [options]",
		"watch network interfaces, and store every connection while it lives",
		"Until SIGINT or SIGTERM.  SIGUSR1 prints how far it has come, SIGHUP opens the geo files anew."},
	{"list", cmd_list, IN_LIST, "[options]", "connections from the database, newest first", NULL},
	{"show", cmd_show, IN_SHOW, "[options] ID", "one connection: facts, its ladder, what its anomalies rest on",
		NULL},
	{"export", cmd_export, IN_EXPORT, "--format FORMAT [options]", "connections from the database, for programs",
		"In order of their ids; --format json, csv, zeek, transitions or anomalies (default json)."},
	{"anomalies", cmd_anomalies, IN_ANOMALIES, "[options]", "what went wrong, counted by kind, the worst first",
		"One line for each anomaly, with its evidence, where --anomaly or another option chooses by more than "
		"time\n"
		"and severity, or --limit is given."},
	{"report", cmd_report, IN_REPORT, "[options] -o FILE.html",
		"what happened, as one HTML file that needs no other",
		"Figures count every connection that fits; the table has 100000 of them at the most, the worst first, "
		"and\n"
		"ladders are drawn for 200."},
	{"ask", cmd_ask, IN_ASK, "[options] [QUESTION [ARGUMENT]]",
		"the questions people have: who leaks, resets, scans, stalls...",
		"Without a question they are listed.  Of a large database the first one makes the indexes that it "
		"wants."},
	{"at", cmd_at, IN_AT, "[options] TIME", "the connections of a past moment, with the states of both sides",
		"TIME: RFC 3339, epoch, 2h (ago), or +12.5s from the first packet."},
	{"ship", cmd_ship, IN_SHIP, "[options] --to URL", "send what is new in the database to a ClickHouse",
		"URL: http[s]://[USER@]HOST[:PORT]/DATABASE, with the tables of schema/clickhouse.  What is sent twice "
		"is there "
		"once.\n"
		"Status 1: something failed, and what did not arrive is sent next time."},
	{"explain", cmd_explain, IN_EXPLAIN, "[WORD]", "what an anomaly, a state, an outcome or a threshold means",
		"WORD is a code, a name, or a part of them; without it, all of them are listed."},
	{"doctor", cmd_doctor, IN_DOCTOR, "[options]", "check the set-up: libraries, database, geo files, capture",
		NULL},
	{"completion", cmd_completion, 0, "bash|zsh|fish", "what that shell completes behind lastack",
		"To be put where the shell looks for it; make install does so."},
	{"help", cmd_help, 0, "[COMMAND]", "what a command does and which options it takes", NULL},
};
const unsigned command_count = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name)
{
	for (unsigned i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

void command_help(const struct command *command)
{
	if (command) {
		printf("lastack %s %s\n%s\n", command->name, command->usage, command->about);
		if (command->detail)
			printf("%s\n", command->detail);
		putchar('\n');
		options_help(command->bit ? command->bit : IN_ALL & ~IN_COMMANDS, stdout);
		return;
	}
	puts("lastack: what happened to every TCP connection, from the segments that passed\n");
	for (unsigned i = 0; i < command_count; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].about);
	puts("\n  lastack read -d lastack.db capture.pcap     then: lastack list, lastack anomalies, lastack show 1");
}

static void print_version(void)
{
	printf("lastack %s\n%s\nSQLite version %s\nlibmaxminddb version %s\nlibcurl version %s\n%s\n", PACKAGE_VERSION,
		source_library_version(), store_library_version(), geo_library_version(), http_library_version(),
		source_unpack_version());
}

static enum err_code unknown_command(const char *name, struct err *err)
{
	struct near near = near_begin(name);

	for (unsigned i = 0; i < command_count; i++)
		near_offer(&near, commands[i].name);
	if (near.word[0])
		err_set(err, ERR_USAGE, "unknown command '%s' (did you mean '%s'? lastack help)", name, near.word);
	else
		err_set(err, ERR_USAGE, "unknown command '%s' (lastack help lists them)", name);
	return ERR_USAGE;
}

static enum err_code run(const struct command *command, int argc, char **argv, struct err *err)
{
	struct options options;
	enum err_code code = ERR_USAGE;

	if (options_parse(&options, command->bit ? command->bit : IN_ALL & ~IN_COMMANDS, argc, argv, err)) {
		code = ERR_NONE;
		if (command->bit & IN_PAGED && !options.no_pager)
			pager_begin();
		if (options.help)
			command_help(command);
		else
			code = command->run(&options, err);
	}
	options_fini(&options);
	return code;
}

int command_main(int argc, char **argv)
{
	struct err err = {ERR_NONE, ""};
	enum err_code code = ERR_NONE;
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;

	/* a reader that has seen enough closes the pipe: that is no failure */
	signal(SIGPIPE, SIG_DFL);
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		command_help(NULL);
	else if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		print_version();
	else if (command)
		code = run(command, argc - 2, argv + 2, &err);
	else
		code = unknown_command(argv[1], &err);
	if (fflush(stdout) != 0 && code == ERR_NONE)
		code = err_set(&err, ERR_FAILED, "standard output: cannot be written (is its disk full?)") ? ERR_NONE
													   : ERR_FAILED;
	if (code != ERR_NONE && *err.text)
		log_error(&err);
	pager_end();
	return (int)code;
}
