/* query_captures: what was read or watched, read back (query.h). */
#include <string.h>

#include "store/internal.h"
#include "store/query.h"

/* By name: a later schema may add columns anywhere. */
static void take_column(sqlite3_stmt *statement, int i, struct capture_record *capture)
{
	const char *name = sqlite3_column_name(statement, i);
	const struct capture_column *column = capture_columns;
	bool none = sqlite3_column_type(statement, i) == SQLITE_NULL;

	if (!strcmp(name, "id"))
		capture->id = sqlite3_column_int64(statement, i);
	while (column->name && strcmp(column->name, name))
		column++;
	if (!column->name)
		return;
	void *at = (char *)capture + column->offset;
	if (column->text)
		*(const char **)at = none ? NULL : (const char *)sqlite3_column_text(statement, i);
	else
		*(int64_t *)at = none ? CLOCK_NONE : sqlite3_column_int64(statement, i);
}

bool query_captures(struct store *store, query_take_capture *take, void *context, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_CAPTURES, err);
	int result;

	if (!statement)
		return false;
	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		struct capture_record capture = {0};

		for (int i = 0; i < sqlite3_column_count(statement); i++)
			take_column(statement, i, &capture);
		take(context, &capture);
	}
	if (result != SQLITE_DONE)
		store_failed(store, err);
	sqlite3_reset(statement);
	return result == SQLITE_DONE;
}

bool query_drops(struct store *store, query_take_drop *take, void *context, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_DROPS, err);
	int result;

	if (!statement)
		return false;
	while ((result = sqlite3_step(statement)) == SQLITE_ROW)
		take(context, sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1));
	if (result != SQLITE_DONE)
		store_failed(store, err);
	sqlite3_reset(statement);
	return result == SQLITE_DONE;
}
