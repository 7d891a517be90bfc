/* sql: see sql.h. */
#include "store/sql.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static const char folder[] = "schema/queries/", suffix[] = ".sql";

const char *sql_query(const char *name)
{
	size_t length = strlen(name);

	for (const struct embedded *file = sql_files; file->path; file++)
		if (!strncmp(file->path, folder, sizeof folder - 1) &&
			!strncmp(file->path + sizeof folder - 1, name, length) &&
			!strcmp(file->path + sizeof folder - 1 + length, suffix))
			return file->text;
	assert(false); /* a name that is not in the table is a bug */
	return NULL;
}
