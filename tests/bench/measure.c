/* measure: runs a command and prints what it took: wall seconds, CPU seconds, peak memory in KiB, exit status.
 *
 *     measure CORES SECONDS COMMAND...
 *
 * It runs on the first CORES cores that it may use, with its output thrown away; after SECONDS it is ended, and its
 * status is 124.  A program of its own, because what a child had of its parent's memory before exec counts as its own
 * peak. */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t late;
static pid_t child;

static void on_alarm(int signal_number)
{
	(void)signal_number;
	late = 1;
	kill(-child, SIGKILL);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void run(int cores, char **command)
{
	cpu_set_t allowed, set;
	int null = open("/dev/null", O_RDWR);

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof allowed, &allowed);
	for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&set) < cores; i++)
		if (CPU_ISSET(i, &allowed))
			CPU_SET(i, &set);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* not in the process group that a terminal interrupts */
	setpgid(0, 0);
	sched_setaffinity(0, sizeof set, &set);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execvp(*command, command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	int status;

	if (argc < 4) {
		fputs("usage: measure CORES SECONDS COMMAND...\n", stderr);
		return 2;
	}
	signal(SIGALRM, on_alarm);
	double start = now();
	child = fork();
	if (child < 0)
		return 1;
	if (!child)
		run((int)strtol(argv[1], NULL, 10), argv + 3);
	setpgid(child, child);
	alarm((unsigned)strtoul(argv[2], NULL, 10));
	while (wait4(child, &status, 0, &used) < 0)
		;
	printf("%.6f %.6f %ld %d\n", now() - start, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
		late                ? 124
		: WIFEXITED(status) ? WEXITSTATUS(status)
				    : 128);
	return 0;
}
