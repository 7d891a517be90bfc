/* migrate: the steps schema/NNNN_name.sql in order, each in one transaction, so that a database is
 * always at one step or the next.  Each ends with PRAGMA user_version = NNNN.  Steps are never
 * changed once released. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "store/question.h"
#include "store/sql.h"

/* The number of a step; 0 for the other files. */
static int step_number(const struct embedded *file)
{
	static const char folder[] = "schema/";

	return strncmp(file->path, folder, sizeof folder - 1) ? 0
							      : (int)strtol(file->path + sizeof folder - 1, NULL, 10);
}

int store_schema_version(void)
{
	int last = 0;

	for (const struct embedded *file = sql_files; file->path; file++)
		if (step_number(file) > last)
			last = step_number(file);
	return last;
}

/* Runs one row of words, in columns of text. */
static bool put_words(struct store *store, const char *query, const char *const *words, int count, struct err *err)
{
	sqlite3_stmt *statement;
	bool done = true;

	if (sqlite3_prepare_v2(store->db, sql_query(query), -1, &statement, NULL) != SQLITE_OK)
		return store_failed(store, err);
	for (int i = 0; i < count; i++)
		if (sqlite3_bind_text(statement, i + 1, words[i], -1, SQLITE_STATIC) != SQLITE_OK)
			done = store_failed(store, err);
	done = done && store_run(store, statement, err);
	sqlite3_finalize(statement);
	return done;
}

/* The tables state, outcome and anomaly_kind say what this program means by its words. */
static bool put_all_words(struct store *store, struct err *err)
{
	for (int i = 0; i < TCP_STATES; i++) {
		const struct state_words *w = &state_words[i];

		if (!put_words(
			    store, "put_state", (const char *[]){w->name, w->code, w->short_name, w->meaning}, 4, err))
			return false;
	}
	for (int i = 0; i < ANOMALIES; i++) {
		const struct anomaly_kind *k = &anomaly_kinds[i];
		const char tier[] = {(char)('0' + k->tier), '\0'};

		if (!put_words(store, "put_anomaly_kind",
			    (const char *[]){k->code, tier, severity_words[k->severity], rule_words[k->rule], k->title,
				    k->seen, k->means, k->check, *k->reference ? k->reference : NULL},
			    9, err))
			return false;
	}
	for (int i = 0; i < OUTCOMES; i++)
		if (!put_words(store, "put_outcome", (const char *[]){outcome_words[i].word, outcome_words[i].meaning},
			    2, err))
			return false;
	return true;
}

/* --- the questions ------------------------------------------------------------------------------- */

struct view {
	const char *name, *question;
};

static bool fill_view(struct strbuf *text, const char *name, const void *context)
{
	const struct view *view = context;

	if (!strcmp(name, "name"))
		strbuf_add(text, view->name);
	else if (!strcmp(name, "question"))
		strbuf_add(text, view->question);
	else
		return false;
	return true;
}

/* A view as it is defined; "" when there is none. */
static bool read_view(struct store *store, const char *name, struct strbuf *text, struct err *err)
{
	sqlite3_stmt *statement;
	int result = SQLITE_ERROR;

	strbuf_clear(text);
	strbuf_add(text, "");
	if (sqlite3_prepare_v2(store->db, sql_query("view_sql"), -1, &statement, NULL) != SQLITE_OK)
		return store_failed(store, err);
	if (sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		strbuf_add(text, (const char *)sqlite3_column_text(statement, 0));
	else if (result != SQLITE_DONE)
		store_failed(store, err);
	sqlite3_finalize(statement);
	return result == SQLITE_ROW || result == SQLITE_DONE;
}

/* Its view, unless that is there already. */
static bool put_question(struct store *store, const struct question *question, struct err *err)
{
	char name[64];
	struct strbuf body = {0}, wanted = {0}, script = {0}, there = {0};

	snprintf(name, sizeof name, "ask_%s", question->name);
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : *at;
	question_sql(question, &body);
	sql_fill(&wanted, sql_query("view"), fill_view, &(const struct view){name, body.text});
	strbuf_trim(&wanted); /* SQLite keeps it without */
	bool done = read_view(store, name, &there, err);
	if (done && strcmp(there.text, wanted.text)) {
		sql_fill_one(&script, sql_query("drop_view"), "name", name);
		strbuf_add(&script, wanted.text);
		done = store_script(store, script.text, err);
	}
	strbuf_fini(&body);
	strbuf_fini(&wanted);
	strbuf_fini(&script);
	strbuf_fini(&there);
	return done;
}

/* Each question that takes no argument is a view, as this program asks it. */
static bool put_questions(struct store *store, struct err *err)
{
	for (unsigned i = 0; i < question_count; i++)
		if (!questions[i].argument && !put_question(store, &questions[i], err))
			return false;
	return true;
}

/* --- steps --------------------------------------------------------------------------------------- */

/* One transaction around a script, or around words and questions where text is NULL. */
static bool apply(struct store *store, const char *text, struct err *err)
{
	struct err ignored;

	if (!store_script(store, sql_query("begin"), err))
		return false;
	if ((text ? store_script(store, text, err) : put_all_words(store, err) && put_questions(store, err)) &&
		store_script(store, sql_query("commit"), err))
		return true;
	if (!sqlite3_get_autocommit(store->db))
		store_script(store, sql_query("rollback"), &ignored);
	return false;
}

bool store_migrate(struct store *store, int version, struct err *err)
{
	for (const struct embedded *file = sql_files; file->path; file++) {
		int step = step_number(file);

		if (step <= version)
			continue;
		assert(step == version + 1);
		if (!apply(store, file->text, err))
			return false;
		version = step;
	}
	return apply(store, NULL, err);
}
