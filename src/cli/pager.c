/* pager: see pager.h. */
#include "cli/pager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "view/term.h"

enum { WORDS = 16, WORDS_LENGTH = 512 };

static volatile sig_atomic_t pager; /* its process; 0: none */

/* The words of its command line.  False: there is to be none. */
static bool find_pager(char room[WORDS_LENGTH], char *words[WORDS + 1])
{
	const char *own = getenv("LASTACK_PAGER"), *general = getenv("PAGER"), *term = getenv("TERM");
	int count = 0;
	char *rest;

	if (!term_is(stdin) || !term_is(stdout) || !term || !strcmp(term, "dumb"))
		return false;
	snprintf(room, WORDS_LENGTH, "%s", own ? own : general ? general : "less");
	for (char *word = strtok_r(room, " ", &rest); word && count < WORDS; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	words[count] = NULL;
	return count && strcmp(words[0], "cat") != 0;
}

/* Instead of one that cannot be started. */
_Noreturn static void copy(void)
{
	char block[4096];
	ssize_t length;

	while ((length = read(STDIN_FILENO, block, sizeof block)) > 0)
		for (ssize_t done = 0, n; done < length; done += n)
			if ((n = write(STDOUT_FILENO, block + done, (size_t)(length - done))) <= 0)
				_exit(1);
	_exit(0);
}

_Noreturn static void become_pager(int from, char *const words[])
{
	dup2(from, STDIN_FILENO);
	close(from);
	setenv("LESS", "FRX", false); /* gone where one screen is enough; colours; leaves the text where it is */
	setenv("LESSCHARSET", "utf-8", false);
	execvp(words[0], words);
	copy();
}

/* The pager lives on with the same terminal, so its reader decides; only calls that a handler may make. */
static void interrupted(int number)
{
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	waitpid((pid_t)pager, NULL, 0);
	_exit(128 + number);
}

void pager_begin(void)
{
	char room[WORDS_LENGTH], *words[WORDS + 1];
	int ends[2];

	if (!find_pager(room, words) || pipe(ends))
		return;
	unsigned width = term_width(stdout);
	pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		become_pager(ends[0], words);
	}
	close(ends[0]);
	if (child > 0) {
		pager = child;
		signal(SIGINT, interrupted);
		dup2(ends[1], STDOUT_FILENO);
		if (term_is(stderr))
			dup2(ends[1], STDERR_FILENO);
		term_is_paged(width);
	}
	close(ends[1]);
}

void pager_end(void)
{
	if (!pager)
		return;
	fflush(stdout);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	waitpid((pid_t)pager, NULL, 0);
}
