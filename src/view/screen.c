/* screen: see screen.h. */
#include "view/screen.h"

#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "view/board.h"

struct screen {
	SCREEN *terminal;
	struct sigaction stop; /* what SIGTSTP did before */
};

static struct termios before; /* of the terminal, for screen_abandon */
static volatile sig_atomic_t is_open;

enum { COLORS_BASE = 8, COLORS_ALL = 16 };

static void prepare_colors(void)
{
	if (!has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	for (short i = 1; i < COLORS_ALL; i++)
		init_pair(i, (short)(i < COLORS ? i : i % COLORS_BASE), -1);
}

struct screen *screen_open(struct err *err)
{
	struct screen *screen = mem_new(1, sizeof *screen);
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* a locale that is named but not installed is no reason to do without UTF-8 */
	if (!setlocale(LC_CTYPE, ""))
		setlocale(LC_CTYPE, "C.UTF-8");
	/* a stopped capture would lose packets, and the way to stop is closed to it (confine.h) */
	sigaction(SIGTSTP, &ignore, &screen->stop);
	tcgetattr(STDOUT_FILENO, &before);
	use_env(TRUE);
	use_tioctl(TRUE);
	screen->terminal = newterm(NULL, stdout, stdin);
	if (!screen->terminal) {
		free(screen);
		err_set(err, ERR_USAGE, "this terminal has no screen that is known (set TERM, or --no-tui)");
		return NULL;
	}
	is_open = 1;
	set_term(screen->terminal);
	prepare_colors();
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	return screen;
}

void screen_close(struct screen *screen)
{
	if (!screen)
		return;
	is_open = 0;
	endwin();
	delscreen(screen->terminal);
	sigaction(SIGTSTP, &screen->stop, NULL);
	free(screen);
}

void screen_abandon(void)
{
	static const char leave[] = "\033[?1049l\033[?25h\033[0m\r\n";

	if (!is_open)
		return;
	if (write(STDOUT_FILENO, leave, sizeof leave - 1) < 0)
		return;
	tcsetattr(STDOUT_FILENO, TCSANOW, &before);
}

int screen_key(struct screen *screen)
{
	static const struct {
		int curses, ours;
	} keys[] = {{KEY_UP, BOARD_UP}, {KEY_DOWN, BOARD_DOWN}, {KEY_PPAGE, BOARD_PAGE_UP},
		{KEY_NPAGE, BOARD_PAGE_DOWN}, {KEY_HOME, BOARD_HOME}, {KEY_END, BOARD_END}, {KEY_ENTER, BOARD_ENTER},
		{'\n', BOARD_ENTER}, {KEY_BACKSPACE, BOARD_ERASE}, {'\b', BOARD_ERASE}};
	int key = (set_term(screen->terminal), getch());

	if (key == ERR)
		return -1;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].curses == key)
			return keys[i].ours;
	return key < BOARD_UP ? key : 0; /* one that means nothing here; a new size is one, too */
}

void screen_size(const struct screen *screen, unsigned *width, unsigned *height)
{
	(void)screen;
	*width = (unsigned)getmaxx(stdscr);
	*height = (unsigned)getmaxy(stdscr);
}

/* --- colours -------------------------------------------------------------------------------------- */

/* One number of an escape as term_begin writes it. */
static attr_t take_number(long number, attr_t now)
{
	short color = 0;

	switch (number) {
	case 0:
		return A_NORMAL;
	case 1:
		return now | A_BOLD;
	case 2:
		return now | A_DIM;
	default:
		if (number >= 30 && number < 38)
			color = (short)(number - 30);
		else if (number >= 90 && number < 98)
			color = (short)(number - 90 + COLORS_BASE);
		return color && has_colors() ? (now & ~A_COLOR) | (attr_t)COLOR_PAIR(color) : now;
	}
}

/* Behind the escape at text; text itself where there is none. */
static const char *take_escape(const char *text, attr_t *now)
{
	const char *at = text;

	if (strncmp(text, "\033[", 2))
		return text;
	do {
		char *end;

		*now = take_number(strtol(at + (at == text ? 2 : 1), &end, 10), *now);
		at = end;
	} while (*at == ';');
	return *at == 'm' ? at + 1 : at;
}

/* Where the terminal has no UTF-8 there are few that matter: a micro sign, and what packets say. */
static void show_character(const char *at, ptrdiff_t length)
{
	if (length > 1 && MB_CUR_MAX == 1)
		addch(strncmp(at, "\u00b5", 2) ? '?' : 'u');
	else
		addnstr(at, (int)length);
}

static const char *show_line(const char *at, unsigned width, attr_t all)
{
	attr_t now = A_NORMAL;
	unsigned column = 0;

	attrset((int)all);
	while (*at && *at != '\n') {
		const char *behind = take_escape(at, &now);

		if (behind == at) {
			do
				behind++;
			while ((*behind & 0xc0) == 0x80);
			if (column++ < width)
				show_character(at, behind - at);
		} else {
			attrset((int)(now | all));
		}
		at = behind;
	}
	for (; all != A_NORMAL && column < width; column++)
		addch(' ');
	return *at ? at + 1 : at;
}

void screen_show(struct screen *screen, const char *lines, unsigned chosen)
{
	unsigned width, height;

	set_term(screen->terminal);
	screen_size(screen, &width, &height);
	erase();
	for (unsigned line = 0; line < height && *lines; line++) {
		move((int)line, 0);
		lines = show_line(lines, width, line == chosen ? A_REVERSE : A_NORMAL);
	}
	attrset(A_NORMAL);
	refresh();
}
