/* files: the part of confine() that says which paths may be opened (landlock(7)).  The C library has no functions for
 * it yet, so the system calls are made by number. */
#define _GNU_SOURCE /* O_PATH */

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/internal.h"

/* What ABI 1 knows, and what came later: these are refused where the kernel knows them. */
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define REFER (UINT64_C(1) << 13)    /* ABI 2 */
#define TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */

static uint64_t handled(int abi)
{
	return ABI_1 | (abi >= 2 ? REFER : 0) | (abi >= 3 ? TRUNCATE : 0);
}

static bool allow(int rules, const char *path, uint64_t access)
{
	int folder = open(path, O_PATH | O_CLOEXEC);

	if (folder < 0)
		return errno == ENOENT;
	struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = folder};
	bool done = !syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(folder);
	return done;
}

int confine_landlock_version(void)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 1 ? 0 : abi;
}

int confine_files(const struct confine_paths *paths)
{
	int abi = confine_landlock_version();
	struct landlock_ruleset_attr attributes = {.handled_access_fs = handled(abi)};

	if (!abi)
		return 0;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
	if (rules < 0)
		return 0;
	bool done = true;
	for (const char *const *path = paths->read; path && *path; path++)
		done &= allow(rules, *path, READING) || allow(rules, *path, LANDLOCK_ACCESS_FS_READ_FILE);
	for (const char *const *path = paths->write; path && *path; path++)
		done &= allow(rules, *path, WRITING | (abi >= 3 ? TRUNCATE : 0));
	done &= !syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
	return done ? abi : 0;
}
