/* confine: see confine.h. */
#define _GNU_SOURCE /* setresuid */
#include "confine/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine/internal.h"

bool confine_has_user(const char *user)
{
	return getpwnam(user) != NULL;
}

static bool become(const struct passwd *user, struct err *err)
{
	/* the bounding set first: it needs a capability that goes with the user */
	capng_clear(CAPNG_SELECT_BOUNDS);
	if (capng_apply(CAPNG_SELECT_BOUNDS) != 0 || setgroups(0, NULL) ||
		setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
		setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return err_set(err, ERR_FAILED, "user %s: cannot be taken: %s", user->pw_name, strerror(errno));
	if (user->pw_uid && !setuid(0))
		return err_set(err, ERR_FAILED, "user %s: root could be taken again, so the run ends", user->pw_name);
	return true;
}

bool confine_user(const char *name, struct err *err)
{
	const struct passwd *user = name ? getpwnam(name) : NULL;

	if (name && !user)
		return err_set(
			err, ERR_USAGE, "user %s: there is none (useradd --system %s, or -Z another one)", name, name);
	if (user && !become(user, err))
		return false;
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT) != 0)
		return err_set(err, ERR_FAILED, "capabilities cannot be given up: %s", strerror(errno));
	return true;
}

/* --- system calls --------------------------------------------------------------------------------- */

static bool allow_calls(scmp_filter_ctx filter, enum confine_role role, int *count)
{
	static const struct {
		int call;
		unsigned roles;
	} calls[] = {
#define CALL(name) {SCMP_SYS(name), CONFINE_WATCH | CONFINE_SHIP},
#define CALL_TO_SHIP(name) {SCMP_SYS(name), CONFINE_SHIP},
#include "confine/calls.def"
#undef CALL
#undef CALL_TO_SHIP
	};

	*count = 0;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		bool maps = calls[i].call == SCMP_SYS(mmap) || calls[i].call == SCMP_SYS(mprotect);

		if (!(calls[i].roles & role))
			continue;
		int failed = maps ? seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].call, 1,
					    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
				  : seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].call, 0);
		if (failed)
			return false;
		++*count;
	}
	return true;
}

static bool confine_calls(enum confine_role role, int *count)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool done = filter && allow_calls(filter, role, count) && seccomp_load(filter) == 0;

	seccomp_release(filter);
	return done;
}

void confine_describe(struct strbuf *text)
{
	int landlock = confine_landlock_version();

	if (landlock)
		strbuf_addf(text, "Landlock %d", landlock);
	else
		strbuf_add(text, "no Landlock");
	strbuf_add(text, prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 ? ", system call filter" : ", no system call filter");
}

bool confine(enum confine_role role, const struct confine_paths *paths, struct strbuf *what, struct err *err)
{
	int calls = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set(err, ERR_FAILED, "no_new_privs cannot be set: %s", strerror(errno));
	int landlock = confine_files(paths);
	if (!confine_calls(role, &calls))
		return err_set(err, ERR_FAILED, "the system call filter cannot be set (--stay-root runs without)");
	if (landlock)
		strbuf_addf(what, "Landlock %d, %d system calls", landlock, calls);
	else
		strbuf_addf(what, "no Landlock in this kernel, %d system calls", calls);
	return true;
}
