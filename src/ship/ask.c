/* ask: see ask.h. */
#include "ship/ask.h"

#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

struct ask {
	const char *place;
	struct strbuf answer;
	char *at; /* the line that is next; NULL: there is none */
	unsigned count;
	int is[ANSWER_COLUMNS]; /* ANSWER_IS_..., by column */
};

/* --- the statement ------------------------------------------------------------------------------- */

static void add_quoted(struct strbuf *out, const char *text)
{
	strbuf_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *text);
	}
	strbuf_add_char(out, '\'');
}

/* Conditions, endpoints and the limit: texts that have values in them. */
static bool fill_text(struct strbuf *out, const char *name, const void *context)
{
	const struct ask_request *r = context;

	if (!strcmp(name, "chosen"))
		question_add_given(out, sql_query("cluster_chosen"), r->filter);
	else if (!strcmp(name, "found"))
		question_add_given(out, sql_query("cluster_found"), r->filter);
	else if (!strcmp(name, "initiator"))
		strbuf_add(out, sql_query("cluster_initiator"));
	else if (!strcmp(name, "responder"))
		strbuf_add(out, sql_query("cluster_responder"));
	else if (!strcmp(name, "limit"))
		strbuf_add(out, r->filter->limit ? sql_query("cluster_limit") : "");
	else
		return false;
	strbuf_trim(out);
	return true;
}

static bool fill_value(struct strbuf *out, const char *name, const void *context)
{
	const struct ask_request *r = context;
	const struct query_filter *f = r->filter;
	char address[ADDR_TEXT];
	const struct {
		const char *name, *text; /* text NULL: it is the number */
		int64_t number;
	} values[] = {
		{"sensor", f->sensor, 0},
		{"address", f->host_set ? addr_print(&f->host, address) : "", 0},
		{"port", NULL, f->port},
		{"since_ns", NULL, f->since_ns},
		{"before_ns", NULL, f->before_ns},
		{"rows", NULL, f->limit},
		{r->question->argument ? r->question->argument : "", r->argument->text, r->argument->number},
	};

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (!strcmp(name, values[i].name)) {
			if (values[i].text)
				add_quoted(out, values[i].text);
			else
				strbuf_add_int(out, values[i].number);
			return true;
		}
	return false;
}

bool ask_sql(const struct ask_request *request, struct strbuf *text, struct err *err)
{
	const struct query_filter *f = request->filter;
	struct strbuf framed = {0}, conditions = {0};

	if (!request->question->cluster_text)
		return err_set(err, ERR_USAGE, "ask %s: not of a cluster (ask it at the sensor, with --db)",
			request->question->name);
	if (f->host_set && f->host_bits != 8 * sizeof f->host.octet)
		return err_set(err, ERR_USAGE, "--host: of a cluster one address, no network");
	sql_fill_one(&framed, sql_query("cluster_answer"), "question", request->question->cluster_text);
	strbuf_trim(&framed); /* a newline behind FORMAT would be data */
	sql_fill(&conditions, framed.text, fill_text, request);
	sql_fill(text, conditions.text, fill_value, request);
	strbuf_fini(&framed);
	strbuf_fini(&conditions);
	return true;
}

/* --- the answer ---------------------------------------------------------------------------------- */

static char letter_of(char escaped)
{
	static const char letters[] = "bfnrt0", meant[] = "\b\f\n\r\t";
	const char *at = strchr(letters, escaped);

	return at && *at ? meant[at - letters] : escaped;
}

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++)
		*to++ = *text == '\\' && text[1] ? letter_of(*++text) : *text;
	*to = '\0';
}

/* The next line, parted at its tabs into fields[].  How many there are; 0: no line. */
static unsigned take_line(struct ask *ask, char *fields[ANSWER_COLUMNS])
{
	char *line = ask->at, *end = line ? strchr(line, '\n') : NULL;
	unsigned count = 0;

	if (!end)
		return 0;
	*end = '\0';
	ask->at = end + 1;
	for (char *field; (field = strsep(&line, "\t"));) {
		if (count == ANSWER_COLUMNS)
			return count + 1;
		fields[count++] = field;
	}
	return count;
}

static int kind_of(const char *type)
{
	static const char nullable[] = "Nullable(";

	if (!strncmp(type, nullable, sizeof nullable - 1))
		type += sizeof nullable - 1;
	if (!strncmp(type, "Int", 3) || !strncmp(type, "UInt", 4))
		return ANSWER_IS_NUMBER;
	return !strncmp(type, "Float", 5) ? ANSWER_IS_REAL : ANSWER_IS_TEXT;
}

static bool is_strange(const struct ask *ask, struct err *err)
{
	return err_set(
		err, ERR_FAILED, "%s: the answer is not one to this question (is that a ClickHouse?)", ask->place);
}

/* Names and types: those of the question. */
static bool take_head(struct ask *ask, const struct question *question, struct err *err)
{
	char *names[ANSWER_COLUMNS], *types[ANSWER_COLUMNS];
	bool same = take_line(ask, names) == ask->count && take_line(ask, types) == ask->count;

	for (unsigned i = 0; same && i < ask->count; i++) {
		same = !strcmp(names[i], question->columns[i].name);
		ask->is[i] = kind_of(types[i]);
	}
	return same || is_strange(ask, err);
}

struct ask *ask_open(struct http *http, const struct ask_request *request, struct err *err)
{
	static const char *const settings[] = {"join_use_nulls", "1", NULL}; /* as LEFT JOIN is elsewhere */
	struct ask *ask = mem_new(1, sizeof *ask);
	struct strbuf statement = {0};

	ask->place = http_place(http);
	ask->count = request->question->column_count;
	bool done = ask_sql(request, &statement, err) &&
		    http_post(http,
			    &(struct http_request){
				    .settings = settings, .body = statement.text, .length = statement.length},
			    &ask->answer, err);
	strbuf_fini(&statement);
	ask->at = ask->answer.text;
	if (done && take_head(ask, request->question, err))
		return ask;
	ask_close(ask);
	return NULL;
}

bool ask_next(struct ask *ask, struct answer_value values[ANSWER_COLUMNS], struct err *err)
{
	char *fields[ANSWER_COLUMNS];
	unsigned count = take_line(ask, fields);

	err->code = ERR_NONE;
	if (!count)
		return ask->at && *ask->at ? is_strange(ask, err) : false;
	if (count != ask->count)
		return is_strange(ask, err);
	for (unsigned i = 0; i < count; i++) {
		values[i] = (struct answer_value){.is = ANSWER_IS_NONE};
		if (!strcmp(fields[i], "\\N"))
			continue;
		unescape(fields[i]);
		values[i].is = ask->is[i];
		values[i].text = fields[i];
		values[i].number = ask->is[i] == ANSWER_IS_NUMBER ? strtoll(fields[i], NULL, 10) : 0;
		values[i].real = ask->is[i] == ANSWER_IS_REAL ? strtod(fields[i], NULL) : 0;
	}
	return true;
}

void ask_close(struct ask *ask)
{
	if (!ask)
		return;
	strbuf_fini(&ask->answer);
	free(ask);
}
