/* index: see index.h. */
#include "store/index.h"

#include <stdio.h>
#include <string.h>

#include "store/internal.h"
#include "store/sql.h"

enum { NAME = 64 };

/* The name of the index that a file makes; false for the other files. */
static bool index_name(const struct embedded *file, char name[NAME])
{
	static const char folder[] = "schema/indexes/", suffix[] = ".sql";
	size_t length = strlen(file->path);

	if (strncmp(file->path, folder, sizeof folder - 1))
		return false;
	snprintf(name, NAME, "%.*s", (int)(length - (sizeof folder - 1) - (sizeof suffix - 1)),
		file->path + sizeof folder - 1);
	return true;
}

static bool is_named(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (!strncmp(at, name, length) && (!at[length] || at[length] == ' '))
			return true;
	}
	return !names;
}

static bool is_there(struct store *store, const char *name)
{
	sqlite3_stmt *statement = NULL;
	bool there = sqlite3_prepare_v2(store->db, sql_query("has_index"), -1, &statement, NULL) == SQLITE_OK &&
		     sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
		     sqlite3_step(statement) == SQLITE_ROW;

	sqlite3_finalize(statement);
	return there;
}

unsigned store_index_count(void)
{
	char name[NAME];
	unsigned count = 0;

	for (const struct embedded *file = sql_files; file->path; file++)
		count += index_name(file, name);
	return count;
}

unsigned store_lacks_indexes(struct store *store, const char *names)
{
	char name[NAME];
	unsigned lacking = 0;

	for (const struct embedded *file = sql_files; file->path; file++)
		lacking += index_name(file, name) && is_named(names, name) && !is_there(store, name);
	return lacking;
}

bool store_make_indexes(struct store *store, const char *names, struct err *err)
{
	char name[NAME];

	for (const struct embedded *file = sql_files; file->path; file++)
		if (index_name(file, name) && is_named(names, name) && !store_script(store, file->text, err))
			return false;
	return true;
}

bool store_drop_indexes(struct store *store, struct err *err)
{
	struct strbuf text = {0};
	char name[NAME];

	for (const struct embedded *file = sql_files; file->path; file++)
		if (index_name(file, name) && is_there(store, name))
			sql_fill_one(&text, sql_query("drop_index"), "name", name);
	bool done = !text.length || store_script(store, text.text, err);
	strbuf_fini(&text);
	return done;
}
