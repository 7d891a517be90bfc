/* confine: what a watching program cannot do any more.  Each act is tried by a child of its own. */
#define _GNU_SOURCE /* unshare, memfd_create, setns */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/confine.h"
#include "tests/lib/tap.h"

static char folder[] = "/tmp/lastack-confine-XXXXXX";

/* Each returns whether it was done. */

static bool reads_other_file(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool makes_other_file(void)
{
	return open("/tmp/lastack-confine-other", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool lists_other_folder(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool makes_folder(void)
{
	char path[100];

	snprintf(path, sizeof path, "%s/folder", folder);
	return !mkdir(path, 0700);
}

static bool makes_link(void)
{
	char path[100];

	snprintf(path, sizeof path, "%s/link", folder);
	return !symlink("/etc/passwd", path);
}

static bool runs_program(void)
{
	char *const words[] = {(char *)"true", NULL};

	return execv("/bin/true", words) == 0;
}

static bool forks(void)
{
	return fork() >= 0;
}

static bool opens_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool opens_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static bool connects(void)
{
	struct sockaddr address = {.sa_family = AF_INET};

	return !connect(0, &address, sizeof address);
}

static bool binds(void)
{
	struct sockaddr address = {.sa_family = AF_INET};

	return !bind(0, &address, sizeof address);
}

static bool sends(void)
{
	return sendto(0, "x", 1, 0, NULL, 0) >= 0;
}

static bool traces(void)
{
	return !ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static bool kills(void)
{
	return !kill(getppid(), 0);
}

static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool makes_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED && !mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static bool becomes_root(void)
{
	return !setuid(0);
}

static bool changes_process(void)
{
	return !prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static bool mounts(void)
{
	return !mount("none", folder, "tmpfs", 0, NULL);
}

static bool leaves_namespace(void)
{
	return !unshare(CLONE_NEWUSER);
}

static bool makes_memory_file(void)
{
	return memfd_create("x", 0) >= 0;
}

static bool reads_other_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0) >= 0;
}

static bool makes_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0;
}

static bool loads_filter(void)
{
	return syscall(SYS_bpf, 0, NULL, 0) >= 0;
}

static const struct {
	const char *name;
	bool (*act)(void);
	bool by_path; /* refused by Landlock alone */
} acts[] = {
	{"reads another file", reads_other_file, true},
	{"makes another file", makes_other_file, true},
	{"lists another folder", lists_other_folder, true},
	{"makes a folder", makes_folder, false},
	{"makes a link", makes_link, false},
	{"runs a program", runs_program, false},
	{"forks", forks, false},
	{"opens a socket", opens_socket, false},
	{"opens a packet socket", opens_packet_socket, false},
	{"connects", connects, false},
	{"binds", binds, false},
	{"sends", sends, false},
	{"traces", traces, false},
	{"signals another process", kills, false},
	{"maps code", maps_code, false},
	{"makes code of data", makes_code, false},
	{"becomes root", becomes_root, false},
	{"changes what it is", changes_process, false},
	{"mounts", mounts, false},
	{"leaves its namespace", leaves_namespace, false},
	{"makes a file in memory", makes_memory_file, false},
	{"reads the memory of another process", reads_other_memory, false},
	{"makes a ring", makes_ring, false},
	{"loads a filter", loads_filter, false},
};

/* The program goes on: its own folder, its memory, the clock. */
static bool works(void)
{
	char path[100];
	void *memory = malloc(1 << 20);

	snprintf(path, sizeof path, "%s/own", folder);
	int file = open(path, O_RDWR | O_CREAT, 0600);
	bool good = memory && file >= 0 && write(file, "x", 1) == 1 && !fsync(file) && !ftruncate(file, 0) &&
		    !close(file) && !unlink(path);
	free(memory);
	return good;
}

enum end { DONE, REFUSED, KILLED, UNCONFINED };

static enum end try(bool (*act)(void), bool *has_landlock)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		const char *const write[] = {folder, NULL};
		struct strbuf what = {0};
		struct err err;

		if (!confine(CONFINE_WATCH, &(struct confine_paths){NULL, write}, &what, &err))
			_exit(UNCONFINED);
		bool landlock = !strncmp(what.text, "Landlock", 8);
		_exit((act() ? DONE : REFUSED) | (landlock ? 16 : 0));
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : UNCONFINED;
	*has_landlock = WEXITSTATUS(status) & 16;
	return (enum end)(WEXITSTATUS(status) & 15);
}

int main(void)
{
	bool landlock = false;

#if defined(__SANITIZE_ADDRESS__)
	puts("1..0 # SKIP sanitizers need other system calls");
	return 0;
#endif
	if (!mkdtemp(folder))
		return 1;
	tap_ok(try(works, &landlock) == DONE, "a confined program works in its folder");
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		bool unused;
		enum end end = try(acts[i].act, &unused);

		if (acts[i].by_path && !landlock)
			tap_ok(true, "%s # SKIP no Landlock in this kernel", acts[i].name);
		else
			tap_ok(end == KILLED || end == REFUSED, "it never %s", acts[i].name);
	}
	rmdir(folder);
	return tap_end();
}
