/* pager: what is longer than the screen goes through a pager, as with git: $LASTACK_PAGER, $PAGER, or less.
 *
 * Only where somebody can use it: standard input and output are the same kind of terminal, and it is not dumb.  A pager
 * of "cat" or nothing is none; one that cannot be started is as good as none. */
#ifndef LASTACK_CLI_PAGER_H
#define LASTACK_CLI_PAGER_H

#include <stdbool.h>

/* From now on standard output, and standard error where it is the terminal, go to the pager.  Call it once, before
 * anything is printed. */
void pager_begin(void);

/* Waits until whoever reads has read.  Nothing is printed after it. */
void pager_end(void);

#endif
