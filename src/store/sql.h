/* sql: the texts of schema/, which are part of the program, by the path of their file.  The table
 * is made by gen/embed.awk when the program is built. */
#ifndef LASTACK_STORE_SQL_H
#define LASTACK_STORE_SQL_H

#include "base/embedded.h"

/* In the order of the paths within each folder: schema steps one after the other. */
extern const struct embedded sql_files[];

/* The text of schema/queries/NAME.sql.  It must exist. */
const char *sql_query(const char *name);

#endif
