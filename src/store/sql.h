/* sql: the texts of schema/, which are part of the program, by the path of their file.  The table
 * is made by gen/embed.awk when the program is built. */
#ifndef LASTACK_STORE_SQL_H
#define LASTACK_STORE_SQL_H

#include <stdbool.h>

#include "base/embedded.h"
#include "base/strbuf.h"

/* In the order of the paths within each folder: schema steps one after the other. */
extern const struct embedded sql_files[];

/* The text of schema/queries/NAME.sql.  It must exist. */
const char *sql_query(const char *name);

/* Adds a text with what stands in braces filled in: `fill` adds what NAME stands for, or returns false, and then {NAME}
 * stays as it is. */
typedef bool sql_slot(struct strbuf *out, const char *name, const void *context);
void sql_fill(struct strbuf *out, const char *text, sql_slot *fill, const void *context);

/* The same where one name stands for one text. */
void sql_fill_one(struct strbuf *out, const char *text, const char *name, const char *meaning);

#endif
