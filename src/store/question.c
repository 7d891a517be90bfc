/* question: see question.h. */
#include "store/question.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "store/sql.h"

struct answer {
	struct store *store;
	sqlite3_stmt *statement;
	unsigned count;
};

const struct question *question_find(const char *name)
{
	for (unsigned i = 0; i < question_count; i++)
		if (!strcmp(questions[i].name, name))
			return &questions[i];
	return NULL;
}

/* --- the statement ------------------------------------------------------------------------------- */

/* A network of one address is an address, which an index finds. */
static bool is_address(const struct query_filter *filter)
{
	return filter->host_set && filter->host_bits == 8 * sizeof filter->host.octet;
}

/* Was the parameter given that a line has?  filter NULL: none was. */
static bool is_given(const char *parameter, const struct query_filter *f)
{
	const struct {
		const char *name;
		bool given;
	} parameters[] = {
		{"since_ns", f && f->since_ns != CLOCK_NONE},
		{"before_ns", f && f->before_ns != CLOCK_NONE},
		{"port", f && f->port},
		{"address", f && is_address(f)},
		{"sensor", f && f->sensor},
		{"network", f && f->host_set && !is_address(f)},
	};

	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
		if (!strncmp(parameter, parameters[i].name, strlen(parameters[i].name)))
			return parameters[i].given;
	return false;
}

void question_add_given(struct strbuf *text, const char *lines, const struct query_filter *filter)
{
	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n') {
		size_t length = strcspn(lines, "\n");
		size_t plain = strcspn(lines, ":{");

		if (strncmp(lines, "--", 2) && (plain >= length || is_given(lines + plain + 1, filter)))
			strbuf_add_n(text, lines, length + 1);
	}
}

bool question_fill(struct strbuf *text, const char *name, const void *context)
{
	const struct query_filter *filter = context;

	if (!strcmp(name, "chosen") || !strcmp(name, "found"))
		question_add_given(text, sql_query(name), filter);
	else if (!strcmp(name, "limit"))
		strbuf_add(text, filter && filter->limit ? sql_query("limit") : "");
	else
		return false;
	strbuf_trim(text);
	return true;
}

bool question_narrows(const struct question *question)
{
	return strstr(question->text, "{chosen}") || strstr(question->text, "{found}");
}

void question_sql(const struct question *question, struct strbuf *text)
{
	sql_fill(text, question->text, question_fill, NULL);
	strbuf_trim(text);
}

/* --- asking -------------------------------------------------------------------------------------- */

/* A parameter that the statement does not have is not bound, nor is one that was not given. */
static int bind_number(sqlite3_stmt *statement, const char *name, int64_t number, int64_t any)
{
	int index = sqlite3_bind_parameter_index(statement, name);

	return index && number != any ? sqlite3_bind_int64(statement, index, number) : SQLITE_OK;
}

static int bind_host(sqlite3_stmt *statement, const struct query_filter *filter)
{
	int address = sqlite3_bind_parameter_index(statement, ":address"),
	    network = sqlite3_bind_parameter_index(statement, ":network");
	char ip[ADDR_TEXT];

	if (address)
		return sqlite3_bind_text(statement, address, addr_print(&filter->host, ip), -1, SQLITE_TRANSIENT);
	if (!network)
		return SQLITE_OK;
	return sqlite3_bind_blob(statement, network, filter->host.octet, sizeof filter->host.octet, SQLITE_TRANSIENT) |
	       bind_number(statement, ":bits", filter->host_bits, -1);
}

bool question_bind_filter(sqlite3_stmt *statement, const struct query_filter *filter)
{
	int failed = bind_host(statement, filter);

	failed |= bind_number(statement, ":port", filter->port, 0);
	failed |= bind_number(statement, ":since_ns", filter->since_ns, CLOCK_NONE);
	failed |= bind_number(statement, ":before_ns", filter->before_ns, CLOCK_NONE);
	failed |= bind_number(statement, ":limit", filter->limit, 0);
	return !failed;
}

static bool bind_argument(sqlite3_stmt *statement, const char *name, const struct question_argument *argument)
{
	char parameter[16];

	snprintf(parameter, sizeof parameter, ":%s", name);
	int index = sqlite3_bind_parameter_index(statement, parameter);
	assert(index);
	return (argument->text ? sqlite3_bind_text(statement, index, argument->text, -1, SQLITE_TRANSIENT)
			       : sqlite3_bind_int64(statement, index, argument->number)) == SQLITE_OK;
}

/* The statement gives what the head of its file says. */
static bool has_columns(sqlite3_stmt *statement, const struct question *question)
{
	bool same = sqlite3_column_count(statement) == (int)question->column_count;

	for (unsigned i = 0; same && i < question->column_count; i++)
		same = !strcmp(sqlite3_column_name(statement, (int)i), question->columns[i].name);
	return same;
}

struct answer *question_ask(struct store *store, const struct question *question, const struct query_filter *filter,
	const struct question_argument *argument, struct err *err)
{
	struct answer *answer = mem_new(1, sizeof *answer);
	struct strbuf text = {0};

	answer->store = store;
	answer->count = question->column_count;
	sql_fill(&text, question->text, question_fill, filter);
	bool done = store_make_functions(store) &&
		    sqlite3_prepare_v2(store->db, text.text, -1, &answer->statement, NULL) == SQLITE_OK &&
		    question_bind_filter(answer->statement, filter) &&
		    (!question->argument || bind_argument(answer->statement, question->argument, argument));
	strbuf_fini(&text);
	if (!done) {
		store_failed(store, err);
		answer_close(answer);
		return NULL;
	}
	assert(question->column_count <= ANSWER_COLUMNS && has_columns(answer->statement, question));
	return answer;
}

static struct answer_value value_of(sqlite3_stmt *statement, int column)
{
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		return (struct answer_value){.is = ANSWER_IS_NUMBER, .number = sqlite3_column_int64(statement, column)};
	case SQLITE_FLOAT:
		return (struct answer_value){.is = ANSWER_IS_REAL, .real = sqlite3_column_double(statement, column)};
	case SQLITE_NULL:
		return (struct answer_value){.is = ANSWER_IS_NONE};
	default:
		return (struct answer_value){
			.is = ANSWER_IS_TEXT, .text = (const char *)sqlite3_column_text(statement, column)};
	}
}

bool answer_next(struct answer *answer, struct answer_value values[ANSWER_COLUMNS], struct err *err)
{
	switch (sqlite3_step(answer->statement)) {
	case SQLITE_ROW:
		break;
	case SQLITE_DONE:
		err->code = ERR_NONE;
		return false;
	default:
		return store_failed(answer->store, err);
	}
	for (unsigned i = 0; i < answer->count; i++)
		values[i] = value_of(answer->statement, (int)i);
	return true;
}

void answer_close(struct answer *answer)
{
	if (!answer)
		return;
	sqlite3_finalize(answer->statement);
	free(answer);
}
