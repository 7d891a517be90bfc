/* store: each single I/O call of SQLite fails, once or from then on, with a full disk or an I/O
 * error.  What was reported as stored is there afterwards, nothing is there by half, and the file
 * is sound. */
#include <sqlite3.h>

#include "tests/lib/tap.h"
#include "tests/unit/store_fixture.h"

enum { ROWS = 40 };

/* --- a file system that fails -------------------------------------------------------------------- */

static struct {
	int calls;    /* made so far */
	int fail_at;  /* the call that fails; 0: none */
	bool forever; /* and all after it */
	int result;   /* what a failing call returns */
	sqlite3_vfs *real;
} faults;

/* SQLite's file comes first; the real one stands behind it. */
struct file {
	sqlite3_file base;
};

static sqlite3_file *real(sqlite3_file *file)
{
	return (sqlite3_file *)(void *)((struct file *)(void *)file + 1);
}

static bool fails(void)
{
	int call = ++faults.calls;

	return faults.fail_at && (call == faults.fail_at || (faults.forever && call > faults.fail_at));
}

#define PASS(name, parameters, ...)                                                                                    \
	static int name(sqlite3_file *file parameters)                                                                 \
	{                                                                                                              \
		return real(file)->pMethods->name(real(file) __VA_ARGS__);                                             \
	}
#define FAIL(name, parameters, ...)                                                                                    \
	static int name(sqlite3_file *file parameters)                                                                 \
	{                                                                                                              \
		return fails() ? faults.result : real(file)->pMethods->name(real(file) __VA_ARGS__);                   \
	}
#define ARGUMENTS(...) , __VA_ARGS__

PASS(xClose, )
PASS(xUnlock, ARGUMENTS(int level), , level)
PASS(xCheckReservedLock, ARGUMENTS(int *out), , out)
PASS(xFileControl, ARGUMENTS(int operation, void *argument), , operation, argument)
PASS(xSectorSize, )
PASS(xDeviceCharacteristics, )
PASS(xShmLock, ARGUMENTS(int offset, int count, int flags), , offset, count, flags)
PASS(xShmUnmap, ARGUMENTS(int remove), , remove)
PASS(xUnfetch, ARGUMENTS(sqlite3_int64 offset, void *page), , offset, page)
PASS(xFetch, ARGUMENTS(sqlite3_int64 offset, int count, void **page), , offset, count, page)
FAIL(xRead, ARGUMENTS(void *to, int count, sqlite3_int64 offset), , to, count, offset)
FAIL(xWrite, ARGUMENTS(const void *from, int count, sqlite3_int64 offset), , from, count, offset)
FAIL(xTruncate, ARGUMENTS(sqlite3_int64 size), , size)
FAIL(xFileSize, ARGUMENTS(sqlite3_int64 *size), , size)
FAIL(xLock, ARGUMENTS(int level), , level)
FAIL(xShmMap, ARGUMENTS(int region, int size, int extend, void volatile **map), , region, size, extend, map)

/* Nothing is pulled from under the machine here, so that waiting for the disk shows nothing. */
static int xSync(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	return fails() ? faults.result : SQLITE_OK;
}

static void xShmBarrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static const sqlite3_io_methods methods = {3, xClose, xRead, xWrite, xTruncate, xSync, xFileSize, xLock, xUnlock,
	xCheckReservedLock, xFileControl, xSectorSize, xDeviceCharacteristics, xShmMap, xShmLock, xShmBarrier,
	xShmUnmap, xFetch, xUnfetch};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	(void)vfs;
	file->pMethods = NULL;
	int result = fails() ? SQLITE_CANTOPEN : faults.real->xOpen(faults.real, name, real(file), flags, out);

	if (result == SQLITE_OK)
		file->pMethods = &methods;
	return result;
}

static void install(void)
{
	static sqlite3_vfs vfs;

	faults.real = sqlite3_vfs_find(NULL);
	vfs = *faults.real;
	vfs.zName = "faults";
	vfs.szOsFile += (int)sizeof(struct file);
	vfs.xOpen = open_file;
	sqlite3_vfs_register(&vfs, 1);
}

/* --- tests --------------------------------------------------------------------------------------- */

/* Stores ROWS connections into a new database, or says why not. */
static bool store_rows(struct err *err)
{
	struct store *store = store_open("faults.db", STORE_WRITE, err);
	struct err ignored;
	bool done = store;

	for (int i = 1; done && i <= ROWS; i++) {
		struct conn_record record = fixture_record(i);

		done = store_put_connection(store, &record, err);
	}
	bool closed = store_close(store, done ? err : &ignored);
	return done && closed;
}

/* What is in the file once the disk works again. */
static int stored_rows(bool *sound)
{
	if (access("faults.db", F_OK)) {
		*sound = true;
		return 0;
	}
	*sound = !strcmp(ask("faults.db", "PRAGMA integrity_check"), "ok");
	return *ask("faults.db", "SELECT name FROM sqlite_schema WHERE name = 'connection'")
		       ? atoi(ask("faults.db", "SELECT count(*) FROM connection"))
		       : 0;
}

/* One line of test for all calls of one kind of failure. */
static void test_each_call(int result, bool forever, const char *name)
{
	struct err err;
	int failed = 0, wrong = 0;

	for (int call = 1;; call++) {
		fixture_remove("faults.db");
		faults.calls = 0;
		faults.fail_at = call;
		faults.forever = forever;
		faults.result = result;
		*err.text = '\0';
		bool done = store_rows(&err), reached = faults.calls >= call, sound;

		faults.fail_at = 0;
		int rows = stored_rows(&sound);
		bool good = sound && (done ? rows == ROWS : rows == 0 || rows == ROWS) &&
			    (done || !strncmp(err.text, "faults.db: ", 11));

		if (!good)
			printf("# call %d: %s, %d rows, %s: %s\n", call, done ? "done" : "failed", rows,
				sound ? "sound" : "damaged", err.text);
		/* What is left can be written again. */
		if (!store_rows(&err) || stored_rows(&sound) != ROWS || !sound) {
			printf("# after call %d: %s\n", call, err.text);
			good = false;
		}
		wrong += !good;
		failed += !done;
		if (!reached)
			break;
	}
	printf("# failed at %d calls\n", failed);
	tap_ok(!wrong && failed > 20, "%s", name);
	fixture_remove("faults.db");
}

int main(void)
{
	fixture_begin();
	install();
	test_each_call(SQLITE_FULL, false, "a disk that is full once loses nothing that was reported as stored");
	test_each_call(SQLITE_IOERR, true, "nor does one that fails for ever");
	fixture_end();
	return tap_end();
}
