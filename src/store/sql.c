/* sql: see sql.h. */
#include "store/sql.h"

#include <assert.h>
#include <stdio.h>
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

void sql_fill(struct strbuf *out, const char *text, sql_slot *fill, const void *context)
{
	const char *open, *close;
	char name[40];

	for (; (open = strchr(text, '{')) && (close = strchr(open, '}')); text = close + 1) {
		strbuf_add_n(out, text, (size_t)(open - text));
		snprintf(name, sizeof name, "%.*s", (int)(close - open - 1), open + 1);
		if (!fill(out, name, context))
			strbuf_add_n(out, open, (size_t)(close + 1 - open));
	}
	strbuf_add(out, text);
}

static bool fill_one(struct strbuf *out, const char *name, const void *context)
{
	const char *const *pair = context;
	bool known = !strcmp(name, pair[0]);

	if (known)
		strbuf_add(out, pair[1]);
	return known;
}

void sql_fill_one(struct strbuf *out, const char *text, const char *name, const char *meaning)
{
	const char *pair[2] = {name, meaning};

	sql_fill(out, text, fill_one, pair);
}
