/* options: see options.h. */
#include "cli/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"

enum kind { KIND_TEXT, KIND_NUMBER, KIND_SPAN, KIND_FLAG, KIND_LIST };

struct row {
	char letter;
	const char *name, *argument;
	enum kind kind;
	size_t offset;
	unsigned commands;
	const char *help;
};

static const struct row rows[] = {
#define OPTION(letter, name, argument, kind, field, commands, help)                                                    \
	{letter, name, argument, KIND_##kind, offsetof(struct options, field), commands, help},
#include "cli/options.def"
#undef OPTION
};

enum { ROWS = sizeof rows / sizeof *rows };

static const struct row *find_letter(unsigned command, char letter)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].commands & command && letter && rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static const struct row *find_name(unsigned command, const char *name, size_t length)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].commands & command && !strncmp(rows[i].name, name, length) && !rows[i].name[length])
			return &rows[i];
	return NULL;
}

static bool unknown_name(unsigned command, const char *name, size_t length, struct err *err)
{
	char wrong[NEAR_LENGTH + 1];

	snprintf(wrong, sizeof wrong, "%.*s", (int)length, name);
	struct near near = near_begin(wrong);
	for (int i = 0; i < ROWS; i++)
		if (rows[i].commands & command)
			near_offer(&near, rows[i].name);
	if (near.word[0])
		return err_set(err, ERR_USAGE, "unknown option '--%s' (did you mean '--%s'?)", wrong, near.word);
	return err_set(err, ERR_USAGE, "unknown option '--%s' (--help lists the options)", wrong);
}

static bool take_number(const char *text, int64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*number = strtoll(text, &end, 10);
	return !*end && *number < INT64_MAX;
}

static bool take(struct options *options, const struct row *row, const char *argument, struct err *err)
{
	void *field = (char *)options + row->offset;
	struct options_list *list = field;

	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)field = true;
		return true;
	case KIND_TEXT:
		*(const char **)field = argument;
		return true;
	case KIND_NUMBER:
		return take_number(argument, field) ||
		       err_set(err, ERR_USAGE, "--%s '%s': not a whole number", row->name, argument);
	case KIND_SPAN:
		return clock_parse_span(argument, field) ||
		       err_set(err, ERR_USAGE, "--%s '%s': not a span of time (30, 250ms, 15m, 2h, 3d)", row->name,
			       argument);
	case KIND_LIST:
		if (list->count == OPTIONS_LIST)
			return err_set(err, ERR_USAGE, "--%s: more than %d times", row->name, OPTIONS_LIST);
		list->item[list->count++] = argument;
		return true;
	}
	return false;
}

/* --name, --name=value, --name value */
static bool take_long(
	struct options *o, unsigned command, const char *text, int argc, char **argv, int *i, struct err *err)
{
	size_t length = strcspn(text, "=");
	const struct row *row = find_name(command, text, length);
	const char *value = text[length] ? text + length + 1 : NULL;

	if (!row)
		return unknown_name(command, text, length, err);
	if (!row->argument)
		return value ? err_set(err, ERR_USAGE, "--%s takes no value", row->name) : take(o, row, NULL, err);
	if (!value && *i + 1 >= argc)
		return err_set(err, ERR_USAGE, "--%s: its %s is missing", row->name, row->argument);
	return take(o, row, value ? value : argv[++*i], err);
}

/* -x, -xVALUE, -x VALUE, several letters in one word */
static bool take_short(
	struct options *o, unsigned command, const char *text, int argc, char **argv, int *i, struct err *err)
{
	for (; *text; text++) {
		const struct row *row = find_letter(command, *text);

		if (!row)
			return err_set(err, ERR_USAGE, "unknown option '-%c' (--help lists the options)", *text);
		if (!row->argument) {
			if (!take(o, row, NULL, err))
				return false;
			continue;
		}
		if (!text[1] && *i + 1 >= argc)
			return err_set(err, ERR_USAGE, "-%c: its %s is missing", *text, row->argument);
		return take(o, row, text[1] ? text + 1 : argv[++*i], err);
	}
	return true;
}

bool options_parse(struct options *options, unsigned command, int argc, char **argv, struct err *err)
{
	bool only_operands = false;

	memset(options, 0, sizeof *options);
	for (int i = 0; i < ROWS; i++)
		if (rows[i].kind == KIND_NUMBER || rows[i].kind == KIND_SPAN)
			*(int64_t *)((char *)options + rows[i].offset) = -1;
	options->operand_room = mem_new((unsigned long)argc + 1, sizeof *options->operand_room);
	options->operands = options->operand_room;
	for (int i = 0; i < argc; i++) {
		const char *text = argv[i];
		bool good = true;

		if (only_operands || text[0] != '-' || !text[1]) {
			options->operand_room[options->operand_count++] = text;
			continue;
		}
		if (!strcmp(text, "--"))
			only_operands = true;
		else if (text[1] == '-')
			good = take_long(options, command, text + 2, argc, argv, &i, err);
		else
			good = take_short(options, command, text + 1, argc, argv, &i, err);
		if (!good)
			return false;
	}
	return true;
}

void options_fini(struct options *options)
{
	free(options->operand_room);
}

bool options_next(unsigned command, int *at, struct options_row *row)
{
	while (*at < ROWS && !(rows[*at].commands & command))
		++*at;
	if (*at == ROWS)
		return false;
	const struct row *found = &rows[(*at)++];
	*row = (struct options_row){found->letter, found->name, found->argument, found->help, found->kind == KIND_LIST};
	return true;
}

void options_help(unsigned command, FILE *out)
{
	struct options_row row;
	char left[64];

	for (int at = 0; options_next(command, &at, &row);) {
		int used = row.letter ? snprintf(left, sizeof left, "-%c, ", row.letter)
				      : snprintf(left, sizeof left, "    ");
		snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", row.name, row.argument ? " " : "",
			row.argument ? row.argument : "");
		fprintf(out, "  %-30s %s\n", left, row.help);
	}
}

/* --- what the values mean ------------------------------------------------------------------------ */

static bool take_state(const char *option, const char *word, const char **name, struct err *err)
{
	if (!word)
		return true;
	enum tcp_state state = state_from_word(word);
	if (state != TCP_UNKNOWN) {
		*name = state_words[state].name;
		return true;
	}
	struct near near = near_begin(word);
	for (int i = 0; i < TCP_STATES; i++)
		near_offer(&near, state_words[i].name);
	return near.word[0] ? err_set(err, ERR_USAGE, "--%s '%s': no such state (did you mean '%s'?)", option, word,
				      near.word)
			    : err_set(err, ERR_USAGE, "--%s '%s': no such state (ESTABLISHED, TIME-WAIT, ...)", option,
				      word);
}

static bool take_outcome(const char *word, const char **name, struct err *err)
{
	if (!word)
		return true;
	enum outcome outcome = outcome_from_word(word);
	if (outcome != OUTCOMES) {
		*name = outcome_words[outcome].word;
		return true;
	}
	struct near near = near_begin(word);
	for (int i = 0; i < OUTCOMES; i++)
		near_offer(&near, outcome_words[i].word);
	return near.word[0]
		       ? err_set(err, ERR_USAGE, "--outcome '%s': no such outcome (did you mean '%s'?)", word,
				 near.word)
		       : err_set(err, ERR_USAGE, "--outcome '%s': no such outcome (closed, reset, refused, ...)", word);
}

bool options_time(const char *option, const char *text, int64_t now_ns, int64_t *time_ns, struct err *err)
{
	return !text || clock_parse(text, now_ns, time_ns) ||
	       err_set(err, ERR_USAGE, "%s '%s': not a time (2026-11-23T10:04:11Z, 1795399936.25, 2h)", option, text);
}

static bool take_sort(const char *text, struct query_filter *filter, struct err *err)
{
	if (!text)
		return true;
	filter->descending = *text == '-';
	text += filter->descending;
	filter->sort_column = record_column_find(text);
	if (filter->sort_column >= 0)
		return true;
	struct near near = near_begin(text);
	for (int i = 0; i < RECORD_COLUMNS; i++)
		near_offer(&near, record_columns[i].name);
	return near.word[0]
		       ? err_set(err, ERR_USAGE, "--sort '%s': no such column (did you mean '%s'?)", text, near.word)
		       : err_set(err, ERR_USAGE,
				 "--sort '%s': no such column (first_ns, duration_us, responder_bytes, ...)", text);
}

bool options_severity(const char *option, const char *word, enum severity *severity, struct err *err)
{
	*severity = word ? severity_from_word(word) : SEVERITY_INFO;
	if (*severity != SEVERITIES)
		return true;
	struct near near = near_begin(word);
	for (int i = 0; i < SEVERITIES; i++)
		near_offer(&near, severity_words[i]);
	return near.word[0] ? err_set(err, ERR_USAGE, "--%s '%s': no such severity (did you mean '%s'?)", option, word,
				      near.word)
			    : err_set(err, ERR_USAGE, "--%s '%s': no such severity (info, notice, warning or alert)",
				      option, word);
}

static bool take_anomaly(const char *word, const char **code, struct err *err)
{
	enum anomaly kind = word ? anomaly_from_code(word) : ANOMALIES;

	*code = kind == ANOMALIES ? NULL : anomaly_kinds[kind].code;
	if (!word || *code)
		return true;
	struct near near = near_begin(word);
	for (int i = 0; i < ANOMALIES; i++)
		near_offer(&near, anomaly_kinds[i].code);
	return near.word[0]
		       ? err_set(err, ERR_USAGE, "--anomaly '%s': no such anomaly (did you mean '%s'?)", word,
				 near.word)
		       : err_set(err, ERR_USAGE, "--anomaly '%s': no such anomaly (lastack explain lists them)", word);
}

bool options_filter(const struct options *o, int64_t now_ns, struct query_filter *f, struct err *err)
{
	query_filter_clear(f);
	if (o->host) {
		f->host_set = addr_parse_prefix(o->host, &f->host, &f->host_bits);
		if (!f->host_set)
			return err_set(err, ERR_USAGE,
				"--host '%s': not an address (10.0.0.1, 10.0.0.0/8, 2001:db8::/32)", o->host);
	}
	if (o->port > 65535)
		return err_set(err, ERR_USAGE, "--port '%lld': not a port (0 to 65535)", (long long)o->port);
	f->port = o->port > 0 ? o->port : 0;
	f->open = o->open;
	f->withdrawn = o->withdrawn;
	f->country = o->country;
	f->asn = o->asn > 0 ? o->asn : 0;
	f->min_duration_us = o->min_duration_ns > 0 ? o->min_duration_ns / NS_PER_US : 0;
	f->limit = o->limit > 0 ? o->limit : 0;
	return take_anomaly(o->anomaly, &f->anomaly, err) &&
	       options_severity("severity", o->severity, &f->severity, err) &&
	       take_state("state", o->state, &f->state, err) &&
	       take_state("initiator-state", o->initiator_state, &f->initiator_state, err) &&
	       take_state("responder-state", o->responder_state, &f->responder_state, err) &&
	       take_outcome(o->outcome, &f->outcome, err) &&
	       options_time("--since", o->since, now_ns, &f->since_ns, err) &&
	       options_time("--before", o->before, now_ns, &f->before_ns, err) && take_sort(o->sort, f, err);
}

void options_add_filters(const struct options *o, struct strbuf *text)
{
	for (int i = 0; i < ROWS; i++) {
		const void *field = (const char *)o + rows[i].offset;
		char number[CLOCK_TEXT] = "";

		/* every command that takes filters has them */
		if ((rows[i].commands & IN_CHOICES) != IN_CHOICES || rows[i].kind == KIND_LIST)
			continue;
		const char *value = rows[i].kind == KIND_TEXT ? *(const char *const *)field : NULL;
		if (rows[i].kind == KIND_NUMBER && *(const int64_t *)field >= 0)
			snprintf(number, sizeof number, "%lld", (long long)*(const int64_t *)field);
		if (rows[i].kind == KIND_SPAN && *(const int64_t *)field >= 0)
			clock_print_span(*(const int64_t *)field, number);
		bool given = value || *number || (rows[i].kind == KIND_FLAG && *(const bool *)field);
		if (!given || !strcmp(rows[i].name, "db"))
			continue;
		strbuf_addf(text, "%s--%s", text->length ? " " : "", rows[i].name);
		if (value || *number)
			strbuf_addf(text, " %s", value ? value : number);
	}
}

bool options_color(const struct options *options, enum term_color *color, struct err *err)
{
	static const char *const words[] = {
		[TERM_COLOR_AUTO] = "auto", [TERM_COLOR_ALWAYS] = "always", [TERM_COLOR_NEVER] = "never"};

	*color = TERM_COLOR_AUTO;
	if (!options->color)
		return true;
	for (int i = 0; i < 3; i++)
		if (!strcmp(options->color, words[i])) {
			*color = (enum term_color)i;
			return true;
		}
	return err_set(err, ERR_USAGE, "--color '%s': not auto, always or never", options->color);
}

const char *options_database(const struct options *options)
{
	const char *variable = getenv("LASTACK_DB");

	return options->database ? options->database : variable && *variable ? variable : "lastack.db";
}
