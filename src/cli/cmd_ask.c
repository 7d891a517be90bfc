/* cmd_ask: lastack ask [QUESTION [ARGUMENT]]: the questions of schema/questions/, of a database or a cluster. */
#include <string.h>

#include "base/log.h"
#include "base/near.h"
#include "cli/command.h"
#include "cli/indexes.h"
#include "cli/output.h"
#include "ship/ask.h"
#include "store/question.h"

/* Rows of a table, unless --limit says otherwise: what people read. */
enum { TABLE_ROWS = 20 };

/* --- which ----------------------------------------------------------------------------------------- */

static void list_questions(void)
{
	size_t width = 0;

	for (unsigned i = 0; i < question_count; i++) {
		size_t own =
			strlen(questions[i].name) + (questions[i].argument ? 1 + strlen(questions[i].argument) : 0);
		width = own > width ? own : width;
	}
	for (unsigned i = 0; i < question_count; i++) {
		const struct question *q = &questions[i];
		int used = printf("  %s%s%s", q->name, q->argument ? " " : "", q->argument ? q->argument : "");

		printf("%*s  %s\n", (int)width + 2 - used, "", q->title);
	}
}

static const struct question *find(const char *name, struct err *err)
{
	const struct question *question = question_find(name);
	struct near near = near_begin(name);

	if (question)
		return question;
	for (unsigned i = 0; i < question_count; i++)
		near_offer(&near, questions[i].name);
	if (near.word[0])
		err_set(err, ERR_USAGE, "ask '%s': no such question (did you mean '%s'?)", name, near.word);
	else
		err_set(err, ERR_USAGE, "ask '%s': no such question (lastack ask lists them)", name);
	return NULL;
}

/* --- what it is given -------------------------------------------------------------------------------- */

static bool take_argument(const struct options *o, const struct question *q, struct question_argument *argument,
	char room[ADDR_TEXT], struct err *err)
{
	const char *word = o->operand_count > 1 ? o->operands[1] : NULL;
	struct addr address;

	*argument = (struct question_argument){0};
	if (o->operand_count > (q->argument ? 2 : 1))
		return err_set(err, ERR_USAGE, "'%s': %s takes %s (filters are options: --host, --since, ...)",
			o->operands[o->operand_count - 1], q->name, q->argument ? "one argument" : "no argument");
	if (!q->argument)
		return true;
	if (!word)
		return err_set(err, ERR_USAGE, "ask %s: its %s is missing: %s", q->name, q->argument, q->argument_is);
	if (!strcmp(q->argument, "TIME"))
		return options_time(q->name, word, clock_wall_ns(), &argument->number, err);
	if (!addr_parse(word, &address))
		return err_set(err, ERR_USAGE, "%s '%s': not an address (10.0.0.1, 2001:db8::1)", q->name, word);
	argument->text = addr_print(&address, room);
	return true;
}

static bool check_filters(const struct options *o, const struct question *q, struct err *err)
{
	const char *wrong = o->host ? "host" : o->port >= 0 ? "port" : o->since ? "since" : o->before ? "before" : NULL;

	return !wrong || question_narrows(q) ||
	       err_set(err, ERR_USAGE, "ask %s takes no --%s: it is about whole captures", q->name, wrong);
}

/* --- the answer -------------------------------------------------------------------------------------- */

static bool is_for_database(const char *word, size_t length)
{
	for (unsigned i = 0; i < command_count; i++)
		if (commands[i].bit & IN_QUERIES && !strncmp(commands[i].name, word, length) &&
			!commands[i].name[length])
			return true;
	return false;
}

/* The commands that tell more, with the database that was named.  Of a cluster those that need none. */
static void name_database(const char *commands_text, const char *database, bool cluster, struct strbuf *text)
{
	static const char program[] = "lastack ";

	for (const char *at = commands_text; at && *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t length = strcspn(at, "\n"), word = strcspn(at + sizeof program - 1, " \n");
		bool asks = !strncmp(at, program, sizeof program - 1) && is_for_database(at + sizeof program - 1, word);

		if (asks && cluster)
			continue;
		strbuf_add(text, text->length ? "\n" : "");
		if (!database || !asks) {
			strbuf_add_n(text, at, length);
			continue;
		}
		size_t head = sizeof program - 1 + word;
		strbuf_add_n(text, at, head);
		strbuf_add(text, " -d ");
		strbuf_add_shell(text, database);
		strbuf_add_n(text, at + head, length - head);
	}
}

/* Where rows come from: one of both. */
struct rows {
	struct answer *stored;
	struct ask *cluster;
};

static bool next_row(struct rows *from, struct answer_value values[ANSWER_COLUMNS], struct err *err)
{
	return from->cluster ? ask_next(from->cluster, values, err) : answer_next(from->stored, values, err);
}

/* False with *err; *more: there are more rows than the limit. */
static bool print(struct rows *from, const struct question *q, int64_t limit, const struct output_answer *out,
	long *rows, bool *more, struct err *err)
{
	struct answer_value values[ANSWER_COLUMNS];
	struct output_rows *sink = output_rows_open(out, q->columns, q->column_count);

	*rows = 0;
	*more = false;
	while (next_row(from, values, err)) {
		*more = limit && *rows == limit;
		if (*more)
			break;
		output_rows_add(sink, values);
		++*rows;
	}
	output_rows_close(sink);
	return *more || err->code == ERR_NONE;
}

static bool print_all(const struct options *o, const struct question *q, struct rows *from, int64_t limit,
	struct output_answer *out, struct err *err)
{
	struct strbuf commands_text = {0};
	long rows;
	bool more;

	name_database(q->more, o->database, o->from != NULL, &commands_text);
	out->texts = (struct answer_texts){q->title, q->note, q->next, commands_text.text};
	bool good = print(from, q, limit, out, &rows, &more, err);
	strbuf_fini(&commands_text);
	if (good && more)
		log_note("the first %ld; there are more (--limit)", rows);
	else if (good && !rows && out->format == OUTPUT_TABLE)
		log_note("%s", q->none);
	return good;
}

static bool answer_stored(const struct options *o, const struct question *q, const struct query_filter *filter,
	const struct question_argument *argument, int64_t limit, struct output_answer *out, struct err *err)
{
	struct err close_err;

	if (!indexes_for_question(options_database(o), q->indexes, err))
		return false;
	err->code = ERR_NONE;
	struct store *store = store_open(options_database(o), STORE_READ, err);
	if (!store)
		return false;
	struct rows from = {.stored = question_ask(store, q, filter, argument, err)};
	bool good = from.stored && print_all(o, q, &from, limit, out, err);
	answer_close(from.stored);
	store_close(store, &close_err);
	return good;
}

static bool answer_cluster(const struct options *o, const struct question *q, const struct query_filter *filter,
	const struct question_argument *argument, int64_t limit, struct output_answer *out, struct err *err)
{
	struct http *http = http_open(&(struct http_to){.option = "--from",
					      .url = o->from,
					      .password_file = o->password_file,
					      .ca_file = o->ca_file,
					      .most_s = ASK_REQUEST_S},
		err);

	if (!http)
		return false;
	struct rows from = {.cluster = ask_open(http, &(struct ask_request){q, filter, argument}, err)};
	bool good = from.cluster && print_all(o, q, &from, limit, out, err);
	ask_close(from.cluster);
	http_close(http);
	return good;
}

static bool check_cluster(const struct options *o, struct err *err)
{
	const char *of_cluster = o->sensor          ? "sensor"
				 : o->password_file ? "password-file"
				 : o->ca_file       ? "ca-file"
						    : NULL;

	if (o->from && o->database)
		return err_set(err, ERR_USAGE, "--from and --db: one of them");
	return o->from || !of_cluster || err_set(err, ERR_USAGE, "--%s: only with --from", of_cluster);
}

/* --sql: as the view of a database has it. */
static enum err_code print_sql(const struct question *q)
{
	struct strbuf text = {0};

	question_sql(q, &text);
	printf("%s;\n", text.text);
	strbuf_fini(&text);
	return ERR_NONE;
}

/* The same as the cluster is asked, with the filters. */
static bool print_cluster_sql(const struct ask_request *request, struct err *err)
{
	struct strbuf text = {0};
	bool good = ask_sql(request, &text, err);

	if (good)
		printf("%s;\n", text.text);
	strbuf_fini(&text);
	return good;
}

enum err_code cmd_ask(const struct options *o, struct err *err)
{
	struct output_answer out = {0};
	struct question_argument argument;
	struct query_filter filter;
	char room[ADDR_TEXT];

	if (!o->operand_count) {
		list_questions();
		return ERR_NONE;
	}
	const struct question *q = find(o->operands[0], err);
	if (!q || !check_cluster(o, err))
		return err->code;
	if (o->sql && !o->from)
		return print_sql(q);
	if (!take_argument(o, q, &argument, room, err) || !check_filters(o, q, err) ||
		!output_answer_parse(o, &out, err) || !options_filter(o, clock_wall_ns(), &filter, err))
		return err->code;
	if (o->limit < 0 && out.format == OUTPUT_TABLE)
		filter.limit = TABLE_ROWS;
	int64_t limit = filter.limit;
	filter.limit += limit > 0; /* is there one more? */
	filter.sensor = o->sensor;
	bool good = o->sql    ? print_cluster_sql(&(struct ask_request){q, &filter, &argument}, err)
		    : o->from ? answer_cluster(o, q, &filter, &argument, limit, &out, err)
			      : answer_stored(o, q, &filter, &argument, limit, &out, err);
	return good ? ERR_NONE : err->code;
}
