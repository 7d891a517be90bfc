/* internal: what the files of confine/ share. */
#ifndef LASTACK_CONFINE_INTERNAL_H
#define LASTACK_CONFINE_INTERNAL_H

#include "confine/confine.h"

/* Of this kernel; 0: it has none. */
int confine_landlock_version(void);

/* Refuses every path but these, for good.  The version of Landlock; 0: the kernel has none, and nothing was refused. */
int confine_files(const struct confine_paths *paths);

#endif
