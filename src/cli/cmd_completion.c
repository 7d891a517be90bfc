/* cmd_completion: lastack completion SHELL: what bash, zsh and fish complete, from the table of commands, that of
 * options, and the words that their values have. */
#include <string.h>

#include "base/near.h"
#include "cli/command.h"
#include "cli/output.h"
#include "store/question.h"
#include "track/stack.h"

/* --- words ------------------------------------------------------------------------------------------ */

static void add(struct strbuf *words, const char *word)
{
	strbuf_add(words, words->length ? " " : "");
	strbuf_add(words, word);
}

static void add_formats(struct strbuf *words)
{
	for (int i = 0; i < OUTPUT_FORMATS; i++)
		add(words, output_format_word((enum output_format)i));
}

static void add_answer_formats(struct strbuf *words)
{
	for (int i = 0; i < OUTPUT_FORMATS; i++)
		if (output_is_of_answers((enum output_format)i))
			add(words, output_format_word((enum output_format)i));
}

static void add_states(struct strbuf *words)
{
	for (int i = 0; i < TCP_STATES; i++)
		add(words, state_words[i].name);
}

static void add_outcomes(struct strbuf *words)
{
	for (int i = 0; i < OUTCOMES; i++)
		add(words, outcome_words[i].word);
}

static void add_severities(struct strbuf *words)
{
	for (int i = 0; i < SEVERITIES; i++)
		add(words, severity_words[i]);
}

static void add_codes(struct strbuf *words)
{
	for (int i = 0; i < ANOMALIES; i++)
		add(words, anomaly_kinds[i].code);
}

static void add_columns(struct strbuf *words)
{
	for (int i = 0; i < RECORD_COLUMNS; i++)
		add(words, record_columns[i].name);
}

static void add_stacks(struct strbuf *words)
{
	for (int i = 0; i < STACKS; i++)
		add(words, stacks[i].word);
}

static void add_limits(struct strbuf *words)
{
	for (int i = 0; i < LIMITS; i++) {
		add(words, limit_kinds[i].name);
		strbuf_add_char(words, '=');
	}
}

static void add_colors(struct strbuf *words)
{
	add(words, "auto always never");
}

static void add_day(struct strbuf *words)
{
	add(words, "day");
}

static void add_questions(struct strbuf *words)
{
	for (unsigned i = 0; i < question_count; i++)
		add(words, questions[i].name);
}

static void add_explained(struct strbuf *words)
{
	add_codes(words);
	add_states(words);
	add_outcomes(words);
}

static void add_commands(struct strbuf *words)
{
	for (unsigned i = 0; i < command_count; i++)
		add(words, commands[i].name);
}

static void add_shells(struct strbuf *words);

/* --- what a value is --------------------------------------------------------------------------------- */

enum kind { ANYTHING, FILES, FOLDERS, INTERFACES, WORDS };

struct values {
	enum kind kind;
	void (*add)(struct strbuf *words); /* WORDS */
};

static struct values of_option(const struct options_row *row, unsigned command)
{
	static const struct {
		const char *option;
		struct values values;
	} known[] = {
		{"format", {WORDS, add_formats}},
		{"state", {WORDS, add_states}},
		{"initiator-state", {WORDS, add_states}},
		{"responder-state", {WORDS, add_states}},
		{"outcome", {WORDS, add_outcomes}},
		{"severity", {WORDS, add_severities}},
		{"fail-on", {WORDS, add_severities}},
		{"anomaly", {WORDS, add_codes}},
		{"sort", {WORDS, add_columns}},
		{"stack", {WORDS, add_stacks}},
		{"set", {WORDS, add_limits}},
		{"color", {WORDS, add_colors}},
		{"rotate", {WORDS, add_day}},
		{"interface", {INTERFACES, NULL}},
	};

	if (!strcmp(row->name, "format") && command & IN_NARROWS)
		return (struct values){WORDS, add_answer_formats};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].option, row->name))
			return known[i].values;
	return (struct values){!strcmp(row->argument, "FILE")  ? FILES
			       : !strcmp(row->argument, "DIR") ? FOLDERS
							       : ANYTHING,
		NULL};
}

/* What stands behind a command without being an option. */
static struct values of_command(const struct command *command)
{
	static const struct {
		const char *command;
		struct values values;
	} known[] = {
		{"read", {FILES, NULL}},
		{"ask", {WORDS, add_questions}},
		{"explain", {WORDS, add_explained}},
		{"help", {WORDS, add_commands}},
		{"completion", {WORDS, add_shells}},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].command, command->name))
			return known[i].values;
	return (struct values){ANYTHING, NULL};
}

static unsigned bit_of(const struct command *command)
{
	return command->bit ? command->bit : IN_ALL & ~IN_COMMANDS;
}

/* Prints a text between single quotes, with `escaped` before each of `special` in it. */
static void print_quoted(const char *text, const char *special, const char *escaped)
{
	putchar('\'');
	for (; *text; text++) {
		if (strchr(special, *text))
			fputs(escaped, stdout);
		putchar(*text);
	}
	putchar('\'');
}

static void print_words(const struct values *values)
{
	struct strbuf words = {0};

	values->add(&words);
	fputs(words.text, stdout);
	strbuf_fini(&words);
}

/* --- bash -------------------------------------------------------------------------------------------- */

/* The right side of a branch: `return` leaves it to bash, which completes names of files. */
static void bash_values(const struct values *values)
{
	switch (values->kind) {
	case FILES:
		fputs("return", stdout);
		break;
	case FOLDERS:
		fputs("compopt -o dirnames; return", stdout);
		break;
	case INTERFACES:
		fputs("words=\"any $(command ls /sys/class/net 2>/dev/null)\"", stdout);
		break;
	case WORDS:
		fputs("words='", stdout);
		print_words(values);
		fputs(values->add == add_limits ? "'; compopt -o nospace" : "'", stdout);
		break;
	case ANYTHING:
		fputs("compopt +o bashdefault +o default; return", stdout);
		break;
	}
	puts(" ;;");
}

static void bash_command(const struct command *command)
{
	struct options_row row;
	struct values operands = of_command(command);

	printf("\t%s)\n\t\tcase $before in\n", command->name);
	for (int at = 0; options_next(bit_of(command), &at, &row);) {
		if (!row.argument)
			continue;
		struct values values = of_option(&row, bit_of(command));
		if (row.letter)
			printf("\t\t-%c | ", row.letter);
		printf("%s--%s) ", row.letter ? "" : "\t\t", row.name);
		bash_values(&values);
	}
	fputs("\t\t*)\n\t\t\tcase $word in\n\t\t\t-*) words='", stdout);
	bool first = true;
	for (int at = 0; options_next(bit_of(command), &at, &row); first = false)
		printf("%s--%s", first ? "" : " ", row.name);
	fputs("' ;;\n\t\t\t*) ", stdout);
	bash_values(&operands);
	puts("\t\t\tesac ;;\n\t\tesac ;;");
}

static void print_bash(void)
{
	puts("# bash completion for lastack: made by `lastack completion bash`\n"
	     "_lastack()\n{\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= words=\n\n"
	     "\tCOMPREPLY=()\n"
	     "\t# --name=VALUE comes as three words\n"
	     "\tif [[ $word == = ]]; then\n\t\tword=\n"
	     "\telif [[ $before == = ]] && ((COMP_CWORD > 2)); then\n\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n"
	     "\tif ((COMP_CWORD > 1)); then command=${COMP_WORDS[1]}; fi\n"
	     "\tcase $command in");
	printf("\t'') words='");
	for (unsigned i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	puts("' ;;");
	for (unsigned i = 0; i < command_count; i++)
		bash_command(&commands[i]);
	puts("\t*) return ;;\n\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
	     "complete -o bashdefault -o default -F _lastack lastack");
}

/* --- zsh --------------------------------------------------------------------------------------------- */

/* ":what:action" of _arguments. */
static void zsh_values(const char *what, const struct values *values)
{
	printf(":%s:", what);
	switch (values->kind) {
	case FILES:
		fputs("_files", stdout);
		break;
	case FOLDERS:
		fputs("_files -/", stdout);
		break;
	case INTERFACES:
		fputs("_net_interfaces", stdout);
		break;
	case WORDS:
		putchar('(');
		print_words(values);
		putchar(')');
		break;
	case ANYTHING:
		putchar(' ');
		break;
	}
}

static void zsh_option(const struct options_row *row, unsigned command)
{
	fputs("\t\t\t", stdout);
	if (row->letter && row->many)
		printf("'*'{-%c%s,--%s%s}", row->letter, row->argument ? "+" : "", row->name, row->argument ? "=" : "");
	else if (row->letter)
		printf("'(-%c --%s)'{-%c%s,--%s%s}", row->letter, row->name, row->letter, row->argument ? "+" : "",
			row->name, row->argument ? "=" : "");
	else
		printf("%s--%s%s", row->many ? "'*'" : "", row->name, row->argument ? "=" : "");
	putchar('\'');
	putchar('[');
	for (const char *at = row->help; *at; at++)
		printf(*at == '\'' ? "'\\'%c" : strchr("[]\\", *at) ? "\\%c" : "%c", *at);
	putchar(']');
	if (row->argument) {
		struct values values = of_option(row, command);
		zsh_values(!strcmp(row->argument, "TIME|+SPAN") ? "TIME" : row->argument, &values);
	}
	puts("' \\");
}

static void zsh_command(const struct command *command)
{
	struct options_row row;
	struct values operands = of_command(command);

	printf("\t%s)\n\t\t_arguments -s -S \\\n", command->name);
	for (int at = 0; options_next(bit_of(command), &at, &row);)
		zsh_option(&row, bit_of(command));
	fputs("\t\t\t'*", stdout);
	zsh_values(operands.kind == FILES ? "capture" : "word", &operands);
	puts("' ;;");
}

static void print_zsh(void)
{
	puts("#compdef lastack\n# zsh completion for lastack: made by `lastack completion zsh`\n"
	     "_lastack()\n{\n"
	     "\tlocal command\n\tlocal -a commands\n\n\tcommands=(");
	for (unsigned i = 0; i < command_count; i++) {
		struct strbuf line = {0};

		strbuf_addf(&line, "%s:%s", commands[i].name, commands[i].about);
		fputs("\t\t", stdout);
		print_quoted(line.text, "", "");
		putchar('\n');
		strbuf_fini(&line);
	}
	puts("\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe -t commands command commands\n\t\treturn\n\tfi\n"
	     "\tcommand=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in");
	for (unsigned i = 0; i < command_count; i++)
		zsh_command(&commands[i]);
	puts("\tesac\n}\n\n_lastack \"$@\"");
}

/* --- fish -------------------------------------------------------------------------------------------- */

static void fish_values(const struct values *values)
{
	switch (values->kind) {
	case FILES:
		fputs(" -r -F", stdout);
		break;
	case FOLDERS:
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
		break;
	case INTERFACES:
		fputs(" -x -a 'any (__fish_print_interfaces)'", stdout);
		break;
	case WORDS:
		fputs(" -x -a '", stdout);
		print_words(values);
		putchar('\'');
		break;
	case ANYTHING:
		fputs(" -x", stdout);
		break;
	}
}

static void fish_command(const struct command *command)
{
	struct options_row row;
	struct values operands = of_command(command);

	printf("complete -c lastack -n __fish_use_subcommand -a %s -d ", command->name);
	print_quoted(command->about, "'\\", "\\");
	putchar('\n');
	for (int at = 0; options_next(bit_of(command), &at, &row);) {
		printf("complete -c lastack -n '__fish_seen_subcommand_from %s'", command->name);
		if (row.letter)
			printf(" -s %c", row.letter);
		printf(" -l %s -d ", row.name);
		print_quoted(row.help, "'\\", "\\");
		if (row.argument) {
			struct values values = of_option(&row, bit_of(command));
			fish_values(&values);
		}
		putchar('\n');
	}
	if (operands.kind == ANYTHING)
		return;
	printf("complete -c lastack -n '__fish_seen_subcommand_from %s'", command->name);
	if (operands.kind == FILES)
		fputs(" -F", stdout);
	else
		printf(" -a '"), print_words(&operands), putchar('\'');
	putchar('\n');
}

static void print_fish(void)
{
	puts("# fish completion for lastack: made by `lastack completion fish`\ncomplete -c lastack -f");
	for (unsigned i = 0; i < command_count; i++)
		fish_command(&commands[i]);
}

/* --- the command ------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

enum { SHELLS = sizeof shells / sizeof *shells };

static void add_shells(struct strbuf *words)
{
	for (int i = 0; i < SHELLS; i++)
		add(words, shells[i].name);
}

enum err_code cmd_completion(const struct options *o, struct err *err)
{
	for (int i = 0; i < SHELLS && o->operand_count == 1; i++)
		if (!strcmp(o->operands[0], shells[i].name)) {
			shells[i].print();
			return ERR_NONE;
		}
	if (o->operand_count == 1)
		err_set(err, ERR_USAGE, "completion '%s': no such shell (bash, zsh or fish)", o->operands[0]);
	else
		err_set(err, ERR_USAGE, "completion: for which shell? (bash, zsh or fish)");
	return ERR_USAGE;
}
