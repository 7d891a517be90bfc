/* check: is the database sound?  See store_check. */
#include "store/internal.h"

#include <string.h>

bool store_check(struct store *store, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_INTEGRITY, err);

	if (!statement)
		return false;
	bool good = true;
	if (sqlite3_step(statement) != SQLITE_ROW) {
		good = store_failed(store, err);
	} else {
		const char *finding = (const char *)sqlite3_column_text(statement, 0);

		if (!finding || strcmp(finding, "ok") != 0)
			good = err_set(err, ERR_FAILED,
				"%s: damaged: %s (restore it from a copy, or read the captures again)", store->path,
				finding ? finding : "no answer");
	}
	sqlite3_reset(statement);
	return good;
}
