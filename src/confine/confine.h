/* confine: gives up whatever is not needed to watch what was opened before: the user, capabilities, files, system
 * calls. The only folder that includes seccomp.h.
 *
 * Theory.  What a sender writes is read by this program, so it must be able to do little once it reads: an error that
 * somebody turns into code then finds no privilege, no file but the database, no socket and no way to start a program
 * (capabilities(7), landlock(7), seccomp(2)).  Each layer holds without the others; where the kernel lacks one, that is
 * said, and the others stay. */
#ifndef LASTACK_CONFINE_CONFINE_H
#define LASTACK_CONFINE_CONFINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Becomes this user for good, with its group and no other, and gives up all capabilities: also of the bounding set, so
 * that no program it starts could have them.  user NULL: stays who it is.  False with *err: there is no such user, or
 * the way back to root is open. */
bool confine_user(const char *user, struct err *err);

/* Is there a user of this name? */
bool confine_has_user(const char *user);

/* Adds what of it this kernel has: "Landlock 7, system call filter". */
void confine_describe(struct strbuf *text);

/* What may still be opened: files to be read, folders in which files are made and written.  NULL ends a list. */
struct confine_paths {
	const char *const *read;
	const char *const *write;
};

/* For what: to watch what is open, or to make connections of its own as well (the process that ships). */
enum confine_role { CONFINE_WATCH = 1, CONFINE_SHIP = 2 };

/* From now on: no new privileges, no other paths (Landlock), no other system calls than those of calls.def (seccomp;
 * any other one kills the process).  *what says in words what holds.  False with *err: the system call filter failed.
 */
bool confine(enum confine_role role, const struct confine_paths *paths, struct strbuf *what, struct err *err);

#endif
