/* screen: a terminal as a whole: lines of text in, keys out.  screen.c is the only file that includes curses.h. */
#ifndef LASTACK_VIEW_SCREEN_H
#define LASTACK_VIEW_SCREEN_H

#include <stdbool.h>

#include "base/err.h"

struct screen;

/* Takes the terminal of standard input and output.  NULL with *err when TERM does not say what it can do. */
struct screen *screen_open(struct err *err);

/* Gives it back as it was; accepts NULL. */
void screen_close(struct screen *screen);

/* The same in a hurry, for a signal handler before the process ends; does nothing when no screen is open. */
void screen_abandon(void);

/* The next key (enum board_key, or a character); -1: none was pressed.  Does not wait. */
int screen_key(struct screen *screen);

/* It may have changed since it was asked last. */
void screen_size(const struct screen *screen, unsigned *width, unsigned *height);

/* Shows lines, in the colours that term_begin writes; what does not fit is left out.  One is shown as chosen. */
void screen_show(struct screen *screen, const char *lines, unsigned chosen);

#endif
