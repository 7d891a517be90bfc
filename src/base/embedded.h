/* embedded: texts that are part of the program, edited in files of their own (gen/embed.awk). */
#ifndef LASTACK_BASE_EMBEDDED_H
#define LASTACK_BASE_EMBEDDED_H

/* A row of a table of them. */
struct embedded {
	const char *path; /* "schema/0001_init.sql"; NULL in the last row */
	const char *text;
};

#endif
