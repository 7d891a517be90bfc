/* gather: rows that wait in memory, so that whoever makes them waits for nothing (store_gather).
 *
 * A temporary table hides the table of the file that has its name: so the statements that put rows need not know.  What
 * has gathered goes into the file in one transaction; when that fails nothing of it is there, and all is tried again.
 */
#include "store/internal.h"

#include <sys/stat.h>

#include "base/strbuf.h"
#include "store/sql.h"

static const char *const gathered[] = {"capture", "capture_drop", "connection", "anomaly", "address"};

static bool hide_table(struct store *store, const char *name, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	const char *text = NULL;

	if (sqlite3_prepare_v2(store->db, sql_query("table_sql"), -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(statement, 0);
	bool done = text ? store_script(store, text, err) : store_failed(store, err);
	sqlite3_finalize(statement);
	return done;
}

bool store_gather(struct store *store, int64_t log_most, struct err *err)
{
	store->log_most = log_most;
	if (!store_commit(store, err) || !store_script(store, sql_query("gather"), err))
		return false;
	for (size_t i = 0; i < sizeof gathered / sizeof *gathered; i++)
		if (!hide_table(store, gathered[i], err))
			return false;
	store->gathers = store_script(store, sql_query("gathered"), err);
	return store->gathers;
}

bool store_ungather(struct store *store, struct err *err)
{
	if (!store->gathers || !store_commit(store, err))
		return !store->gathers;
	store->gathers = !store_script(store, sql_query("ungather"), err);
	return !store->gathers;
}

/* What is full is known before SQLite knows it, which would take back all rows since the last commit. */
enum { PAGES_MOST = 4096, CHECK_ROWS = 16 };

static int pages(struct store *store, enum statement which)
{
	struct err ignored;
	sqlite3_stmt *statement = store_statement(store, which, &ignored);
	int count = statement && sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;

	if (statement)
		sqlite3_reset(statement);
	return count;
}

bool store_has_room(struct store *store, struct err *err)
{
	if (!store->full && store->checked++ < CHECK_ROWS)
		return true;
	store->checked = 0;
	store->full = pages(store, STATEMENT_GATHERED_PAGES) - pages(store, STATEMENT_GATHERED_FREE) > PAGES_MOST;
	return !store->full || err_set(err, ERR_FAILED, "%s: no room in memory for more rows", store->path);
}

bool store_is_full(const struct store *store)
{
	return store->gathers && store->full;
}

/* Only a commit would begin the log anew, so where there is to be none it is emptied first. */
static bool log_has_room(struct store *store, struct err *err)
{
	if (store_log_bytes(store) <= store->log_most)
		return true;
	sqlite3_exec(store->db, sql_query("truncate"), NULL, NULL, NULL);
	return store_log_bytes(store) <= store->log_most ||
	       err_set(err, ERR_FAILED,
		       "%s: another program reads it in one long transaction, which holds %lld MiB of log back (end "
		       "that "
		       "one; rows wait)",
		       store->path, (long long)store_log_bytes(store) >> 20);
}

bool store_move(struct store *store, struct err *err)
{
	if (!log_has_room(store, err))
		return false;
	if (!sqlite3_get_autocommit(store->db) && !store_script(store, sql_query("commit"), err))
		return false;
	if (store_script(store, sql_query("move"), err)) {
		store->full = false;
		return true;
	}
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, sql_query("rollback"), NULL, NULL, NULL);
	return false;
}

bool store_interrupt(struct store *store, struct err *err)
{
	return store_script(store, sql_query("interrupt"), err);
}

/* --- what is old ---------------------------------------------------------------------------------- */

/* The one number that a query gives; 0 when it fails. */
static int64_t number_of(struct store *store, const char *query)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = 0;

	if (sqlite3_prepare_v2(store->db, sql_query(query), -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

int64_t store_bytes(struct store *store)
{
	return number_of(store, "size");
}

uint64_t store_waiting(struct store *store)
{
	return store->gathers ? (uint64_t)number_of(store, "waiting") : 0;
}

uint64_t store_acknowledged(struct store *store)
{
	return (uint64_t)number_of(store, "acknowledged");
}

int64_t store_log_bytes(const struct store *store)
{
	struct strbuf path = {0};
	struct stat file;

	strbuf_addf(&path, "%s-wal", store->path);
	int64_t bytes = stat(path.text, &file) ? 0 : file.st_size;
	strbuf_fini(&path);
	return bytes;
}

/* A statement about the connections that go next, with the time that they are older than. */
static bool prune_step(struct store *store, const char *query, int64_t before_ns, int *rows)
{
	sqlite3_stmt *statement = NULL;
	struct strbuf text = {0};

	sql_fill_one(&text, sql_query(query), "which", sql_query("prune_which"));
	bool done = sqlite3_prepare_v2(store->db, text.text, -1, &statement, NULL) == SQLITE_OK &&
		    (before_ns == CLOCK_NONE ? sqlite3_bind_null(statement, 1)
					     : sqlite3_bind_int64(statement, 1, before_ns)) == SQLITE_OK &&
		    sqlite3_step(statement) == SQLITE_DONE;

	*rows = done ? sqlite3_changes(store->db) : 0;
	sqlite3_finalize(statement);
	strbuf_fini(&text);
	return done;
}

/* Some go, with what was found of them, and what was not sent is counted: all of it, or nothing. */
static int prune(struct store *store, int64_t before_ns)
{
	static const char *const steps[] = {"prune_unsent", "prune_notes", "prune_anomalies", "prune"};
	int gone = 0;
	bool done = sqlite3_exec(store->db, sql_query("begin"), NULL, NULL, NULL) == SQLITE_OK;

	for (size_t i = 0; done && i < sizeof steps / sizeof *steps; i++)
		done = prune_step(store, steps[i], before_ns, &gone);
	done = done && sqlite3_exec(store->db, sql_query("commit"), NULL, NULL, NULL) == SQLITE_OK;
	if (!done && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, sql_query("rollback"), NULL, NULL, NULL);
	return done ? gone : 0;
}

int store_prune(struct store *store, int64_t before_ns, int64_t most_bytes)
{
	int gone = before_ns != CLOCK_NONE ? prune(store, before_ns) : 0;

	if (!gone && most_bytes != CLOCK_NONE && store_bytes(store) > most_bytes)
		gone = prune(store, CLOCK_NONE);
	if (gone)
		sqlite3_exec(store->db, sql_query("vacuum"), NULL, NULL, NULL);
	return gone;
}
