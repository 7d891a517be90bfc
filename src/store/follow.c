/* follow: see follow.h.  The text is schema/queries/follow.sql. */
#include "store/follow.h"

#include "store/internal.h"
#include "store/sql.h"

enum { ENDED, OPEN, SEEN };

void follow_fini(struct follow *follow)
{
	strbuf_fini(&follow->open);
	strbuf_fini(&follow->ended);
}

static void take(struct strbuf *into, sqlite3_stmt *statement, int column)
{
	strbuf_clear(into);
	strbuf_add(into, (const char *)sqlite3_column_text(statement, column));
}

static bool look(struct follow *f, struct store *store, sqlite3_stmt *statement)
{
	const char *open = f->open.length ? f->open.text : "[]";
	int at_open = sqlite3_bind_parameter_index(statement, ":open");

	if (sqlite3_bind_text(statement, at_open, open, -1, SQLITE_TRANSIENT) != SQLITE_OK ||
		sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, ":seen"), f->seen_id) !=
			SQLITE_OK ||
		sqlite3_step(statement) != SQLITE_ROW)
		return false;
	f->above_id = f->seen_id;
	take(&f->ended, statement, ENDED);
	take(&f->open, statement, OPEN);
	if (sqlite3_column_int64(statement, SEEN) > f->seen_id)
		f->seen_id = sqlite3_column_int64(statement, SEEN);
	return !sqlite3_errcode(store->db) || sqlite3_errcode(store->db) == SQLITE_ROW;
}

bool follow_look(struct follow *f, struct store *store, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	bool done = sqlite3_exec(store->db, sql_query("begin_gathered"), NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_prepare_v2(store->db, sql_query("follow"), -1, &statement, NULL) == SQLITE_OK &&
		    look(f, store, statement);

	if (!done)
		store_failed(store, err);
	sqlite3_finalize(statement);
	return done;
}

bool follow_done(struct store *store, struct err *err)
{
	return sqlite3_exec(store->db, sql_query("commit"), NULL, NULL, NULL) == SQLITE_OK || store_failed(store, err);
}
