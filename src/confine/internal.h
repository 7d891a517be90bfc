/* internal: what the files of confine/ share. */
#ifndef LASTACK_CONFINE_INTERNAL_H
#define LASTACK_CONFINE_INTERNAL_H

#include "confine/confine.h"

/* Refuses every path but these, for good.  The version of Landlock; 0: the kernel has none, and nothing was refused. */
int confine_files(const struct confine_paths *paths);

#endif
