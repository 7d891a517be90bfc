/* spool: see spool.h. */
#include "store/spool.h"

#include <stdlib.h>
#include <string.h>

#include "store/internal.h"
#include "store/sql.h"

const char *const spool_table_names[SPOOL_TABLES] = {
	[SPOOL_ANOMALY] = "anomaly",
	[SPOOL_CAPTURE] = "capture",
	[SPOOL_CONNECTION] = "connection",
};

/* --- scripts with values ---------------------------------------------------------------------------- */

/* What :NAME stands for in the statements of a script; text NULL: the number. */
struct bound {
	const char *name, *text;
	int64_t number;
	const struct strbuf *body; /* else this */
};

static bool bind_one(sqlite3_stmt *statement, const struct bound *b)
{
	int index = sqlite3_bind_parameter_index(statement, b->name);

	if (!index)
		return true;
	if (b->body)
		return sqlite3_bind_blob64(statement, index, b->body->text, b->body->length, SQLITE_STATIC) ==
		       SQLITE_OK;
	if (b->text)
		return sqlite3_bind_text(statement, index, b->text, -1, SQLITE_STATIC) == SQLITE_OK;
	return sqlite3_bind_int64(statement, index, b->number) == SQLITE_OK;
}

/* The next statement of a script, bound; NULL at its end.  False where it failed. */
static bool next_statement(
	struct store *store, const char **script, const struct bound *bound, sqlite3_stmt **statement)
{
	*statement = NULL;
	if (sqlite3_prepare_v2(store->db, *script, -1, statement, script) != SQLITE_OK)
		return false;
	for (; *statement && bound && bound->name; bound++)
		if (!bind_one(*statement, bound))
			return false;
	return true;
}

/* All statements of a file; when one fails, none of its transaction has happened.  bound ends with a row without a
 * name; NULL: none. */
static bool run(struct store *store, const char *name, const struct bound *bound, struct err *err)
{
	const char *script = sql_query(name);
	sqlite3_stmt *statement;
	bool done, ends = false;

	do {
		done = next_statement(store, &script, bound, &statement);
		ends = !statement;
		done = done && (ends || sqlite3_step(statement) == SQLITE_DONE);
		if (!done)
			store_failed(store, err);
		sqlite3_finalize(statement);
	} while (done && !ends);
	if (!done && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, sql_query("rollback"), NULL, NULL, NULL);
	return done;
}

/* A query that gives one row at most: SQLITE_ROW or SQLITE_DONE, else it failed. */
static int query(
	struct store *store, const char *name, const struct bound *bound, sqlite3_stmt **statement, struct err *err)
{
	const char *script = sql_query(name);
	int result = next_statement(store, &script, bound, statement) ? sqlite3_step(*statement) : SQLITE_ERROR;

	if (result != SQLITE_ROW && result != SQLITE_DONE)
		store_failed(store, err);
	return result;
}

/* --- who puts rows ---------------------------------------------------------------------------------- */

bool store_read_taken(struct store *store, struct err *err)
{
	store->taken = CLOCK_NONE;
	if (store->gathers)
		return true; /* move.sql notes */
	sqlite3_stmt *statement = store_statement(store, STATEMENT_SPOOL_TAKEN, err);
	if (!statement)
		return false;
	int result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		store->taken = sqlite3_column_int64(statement, 0);
	else if (result != SQLITE_DONE)
		store_failed(store, err);
	sqlite3_reset(statement);
	return result == SQLITE_ROW || result == SQLITE_DONE;
}

bool store_note(struct store *store, const char *kind, int64_t row_id, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_SPOOL_NOTE, err);

	if (!statement)
		return false;
	if (sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC) | sqlite3_bind_int64(statement, 2, row_id))
		return store_failed(store, err);
	return store_run(store, statement, err);
}

/* --- how far it is ---------------------------------------------------------------------------------- */

static void take_text(char *to, size_t room, sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	snprintf(to, room, "%s", text ? text : "");
}

bool spool_look(struct store *store, int64_t most, struct spool *spool, struct err *err)
{
	const struct bound bound[] = {{.name = ":most", .number = most}, {.name = NULL}};
	int64_t *numbers[] = {
		&spool->database, &spool->batch, &spool->batches, &spool->rows, &spool->bytes, &spool->dropped};
	sqlite3_stmt *statement;
	int result = query(store, "spool", bound, &statement, err), column = 2;

	*spool = (struct spool){.begun = result == SQLITE_ROW};
	if (spool->begun) {
		take_text(spool->place, sizeof spool->place, statement, 0);
		take_text(spool->sensor, sizeof spool->sensor, statement, 1);
		for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
			*numbers[i] = sqlite3_column_int64(statement, column++);
		spool->sending = sqlite3_column_int(statement, column++);
		spool->waiting = sqlite3_column_int64(statement, column);
	}
	sqlite3_finalize(statement);
	return result == SQLITE_ROW || result == SQLITE_DONE;
}

bool spool_begin(struct store *store, const char *place, const char *sensor, struct err *err)
{
	int64_t number;

	sqlite3_randomness(sizeof number, &number);
	const struct bound bound[] = {
		{.name = ":place", .text = place},
		{.name = ":sensor", .text = sensor},
		{.name = ":database", .number = number & INT64_MAX},
		{.name = NULL},
	};
	return run(store, "spool_begin", bound, err);
}

/* --- a batch ---------------------------------------------------------------------------------------- */

bool spool_take(struct store *store, int64_t rows, struct err *err)
{
	const struct bound bound[] = {{.name = ":rows", .number = rows}, {.name = NULL}};

	return run(store, "spool_take", bound, err);
}

bool spool_begin_reading(struct store *store, struct err *err)
{
	return run(store, "begin_gathered", NULL, err);
}

bool spool_end_reading(struct store *store, struct err *err)
{
	return run(store, "commit", NULL, err);
}

bool spool_keep(struct store *store, const struct spool_part parts[SPOOL_TABLES], struct err *err)
{
	bool done = run(store, "begin", NULL, err);

	for (int i = 0; done && i < SPOOL_TABLES; i++) {
		const struct bound bound[] = {
			{.name = ":kind", .text = spool_table_names[parts[i].table]},
			{.name = ":rows", .number = parts[i].rows},
			{.name = ":layout", .number = parts[i].layout},
			{.name = ":body", .body = &parts[i].body},
			{.name = NULL},
		};

		done = !parts[i].rows || run(store, "spool_put_batch", bound, err);
	}
	return done && run(store, "commit", NULL, err);
}

static bool take_part(sqlite3_stmt *statement, struct spool_part *part)
{
	const char *kind = (const char *)sqlite3_column_text(statement, 0);

	for (int i = 0; kind && i < SPOOL_TABLES; i++)
		if (!strcmp(kind, spool_table_names[i])) {
			part->table = (enum spool_table)i;
			part->batch = sqlite3_column_int64(statement, 1);
			part->rows = sqlite3_column_int64(statement, 2);
			part->layout = sqlite3_column_int64(statement, 3);
			strbuf_add_n(&part->body, sqlite3_column_blob(statement, 4),
				(size_t)sqlite3_column_bytes(statement, 4));
			return true;
		}
	return false;
}

bool spool_part(struct store *store, struct spool_part *part, bool *found, struct err *err)
{
	sqlite3_stmt *statement;
	int result = query(store, "spool_batch", NULL, &statement, err);

	strbuf_clear(&part->body);
	*found = result == SQLITE_ROW && take_part(statement, part);
	sqlite3_finalize(statement);
	return result == SQLITE_DONE || *found ||
	       (result == SQLITE_ROW && err_set(err, ERR_FAILED, "%s: damaged: a batch of no table", store->path));
}

bool spool_sent(struct store *store, const struct spool_part *part, struct err *err)
{
	const struct bound bound[] = {
		{.name = ":kind", .text = part ? spool_table_names[part->table] : ""},
		{.name = ":rows", .number = part ? part->rows : 0},
		{.name = ":bytes", .number = part ? (int64_t)part->body.length : 0},
		{.name = NULL},
	};

	return run(store, "spool_sent", bound, err);
}

/* --- rows of a batch -------------------------------------------------------------------------------- */

struct spool_rows {
	struct store *store;
	sqlite3_stmt *statement;
};

struct spool_rows *spool_rows(struct store *store, enum spool_table table, struct err *err)
{
	struct spool_rows *rows = mem_new(1, sizeof *rows);
	struct strbuf name = {0};

	strbuf_addf(&name, "spool_rows_%s", spool_table_names[table]);
	const char *script = sql_query(name.text);
	strbuf_fini(&name);
	rows->store = store;
	if (next_statement(store, &script, NULL, &rows->statement))
		return rows;
	store_failed(store, err);
	spool_rows_close(rows);
	return NULL;
}

void spool_rows_close(struct spool_rows *rows)
{
	if (!rows)
		return;
	sqlite3_finalize(rows->statement);
	free(rows);
}

int spool_columns(const struct spool_rows *rows)
{
	return sqlite3_column_count(rows->statement);
}

const char *spool_column_name(const struct spool_rows *rows, int column)
{
	return sqlite3_column_name(rows->statement, column);
}

bool spool_rows_next(struct spool_rows *rows, struct err *err)
{
	int result = sqlite3_step(rows->statement);

	err->code = ERR_NONE;
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		store_failed(rows->store, err);
	return result == SQLITE_ROW;
}

struct spool_value spool_value(const struct spool_rows *rows, int column)
{
	sqlite3_stmt *s = rows->statement;

	switch (sqlite3_column_type(s, column)) {
	case SQLITE_INTEGER:
		return (struct spool_value){.kind = SPOOL_INTEGER, .integer = sqlite3_column_int64(s, column)};
	case SQLITE_FLOAT:
		return (struct spool_value){.kind = SPOOL_REAL, .real = sqlite3_column_double(s, column)};
	case SQLITE_TEXT: {
		const char *text = (const char *)sqlite3_column_text(s, column);

		return (struct spool_value){
			.kind = SPOOL_TEXT, .text = text, .length = (size_t)sqlite3_column_bytes(s, column)};
	}
	default:
		return (struct spool_value){.kind = SPOOL_NULL};
	}
}
