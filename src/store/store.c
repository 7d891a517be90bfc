/* store: see store.h.  Opening, closing, transactions, and what failures of SQLite mean to people.
 *
 * Whose file it is stands in its first 100 bytes (https://www.sqlite.org/fileformat2.html 1.3).
 * They are read before SQLite itself looks at the file, because even a look can make or remove a
 * journal. */
#include "config.h" /* F_OFD_SETLK */

#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/strbuf.h"
#include "store/index.h"
#include "store/query.h"
#include "store/sql.h"

enum {
	APPLICATION_ID = 0x4c415354, /* 'LAST' */
	HEADER_BYTES = 100,
	HEADER_APPLICATION_ID = 68,
	BUSY_WAIT_MS = 5000, /* how long a foreign writer is waited for */
};

static const char header_magic[16] = "SQLite format 3";

static const char *const statement_names[STATEMENTS] = {
	[STATEMENT_BEGIN] = "begin",
	[STATEMENT_BEGIN_GATHERED] = "begin_gathered",
	[STATEMENT_GATHERED_PAGES] = "gathered_pages",
	[STATEMENT_GATHERED_FREE] = "gathered_free",
	[STATEMENT_COMMIT] = "commit",
	[STATEMENT_ACKNOWLEDGE] = "acknowledge",
	[STATEMENT_PUT_CAPTURE] = "put_capture",
	[STATEMENT_SPOOL_NOTE] = "spool_note",
	[STATEMENT_SPOOL_NOTE_TIME_WAIT] = "spool_note_time_wait",
	[STATEMENT_SPOOL_TAKEN] = "spool_taken",
	[STATEMENT_PUT_CONNECTION] = "put_connection",
	[STATEMENT_DROP_CONNECTION] = "drop_connection",
	[STATEMENT_PUT_ADDRESS] = "put_address",
	[STATEMENT_PUT_ANOMALY] = "put_anomaly",
	[STATEMENT_PUT_CAPTURE_DROP] = "put_capture_drop",
	[STATEMENT_DROP_ANOMALIES] = "drop_anomalies",
	[STATEMENT_DROP_MANY] = "drop_many",
	[STATEMENT_TIME_WAIT_OVER] = "time_wait_over",
	[STATEMENT_HAS_ADDRESS] = "has_address",
	[STATEMENT_FIND_FINGERPRINT] = "find_fingerprint",
	[STATEMENT_ID_RANGE] = "id_range",
	[STATEMENT_NEXT_CONNECTION] = "next_connection",
	[STATEMENT_LAST_WATCH] = "last_watch",
	[STATEMENT_OUTCOMES] = "outcomes",
	[STATEMENT_INTEGRITY] = "integrity",
	[STATEMENT_CAPTURES] = "captures",
	[STATEMENT_DROPS] = "drops",
};

/* --- failures ------------------------------------------------------------------------------------ */

bool store_failed(struct store *store, struct err *err)
{
	const char *path = store->path;

	switch (sqlite3_errcode(store->db)) {
	case SQLITE_FULL:
		if (store->uncommitted)
			return err_set(err, ERR_FAILED,
				"%s: disk full: %lld records not stored (free some space and read "
				"the capture again)",
				path, (long long)store->uncommitted);
		return err_set(err, ERR_FAILED, "%s: disk full (free some space)", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_FAILED,
			"%s: locked: another program writes to it (wait for it, or choose another "
			"file with -d)",
			path);
	case SQLITE_NOTADB:
		return err_set(err, ERR_FAILED, "%s: not a database (choose another file with -d)", path);
	case SQLITE_CORRUPT:
		return err_set(err, ERR_FAILED, "%s: damaged: %s (sqlite3 %s .recover saves what can be read)", path,
			sqlite3_errmsg(store->db), path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return err_set(err, ERR_FAILED, "%s: no permission to write (choose another file with -d)", path);
	case SQLITE_NOMEM:
		err_no_memory();
	default:
		return err_set(err, ERR_FAILED, "%s: %s", path, sqlite3_errmsg(store->db));
	}
}

static bool file_failed(const char *path, int number, struct err *err)
{
	switch (number) {
	case ENOENT:
		return err_set(
			err, ERR_FAILED, "%s: no such folder (make it first, or choose another file with -d)", path);
	case EACCES:
	case EPERM:
	case EROFS:
		return err_set(err, ERR_FAILED, "%s: no permission to write (choose another file with -d)", path);
	case EISDIR:
		return err_set(err, ERR_FAILED, "%s: a folder, not a file (choose another file with -d)", path);
	case ENOSPC:
		return err_set(err, ERR_FAILED, "%s: disk full (free some space)", path);
	default:
		return err_set(err, ERR_FAILED, "%s: %s", path, strerror(number));
	}
}

/* --- statements ---------------------------------------------------------------------------------- */

sqlite3_stmt *store_statement(struct store *store, enum statement which, struct err *err)
{
	sqlite3_stmt **statement = &store->statements[which];

	if (!*statement && sqlite3_prepare_v3(store->db, sql_query(statement_names[which]), -1,
				   SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
		store_failed(store, err);
	return *statement;
}

bool store_run(struct store *store, sqlite3_stmt *statement, struct err *err)
{
	int result;

	while ((result = sqlite3_step(statement)) == SQLITE_ROW)
		;
	if (result != SQLITE_DONE)
		store_failed(store, err); /* before the reset, which may replace the message */
	sqlite3_reset(statement);
	return result == SQLITE_DONE;
}

bool store_script(struct store *store, const char *text, struct err *err)
{
	return sqlite3_exec(store->db, text, NULL, NULL, NULL) == SQLITE_OK || store_failed(store, err);
}

/* --- opening ------------------------------------------------------------------------------------- */

/* Opens the connection to the database, and nothing more: the file was not looked at yet. */
static bool connect_database(struct store *store, const char *name, int flags, struct err *err)
{
	/* One thread at a time uses a store. */
	if (sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return store->db ? store_failed(store, err)
				 : err_set(err, ERR_FAILED, "%s: out of memory", store->path);
	sqlite3_busy_timeout(store->db, BUSY_WAIT_MS);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return true;
}

/* A file of ours, or an empty one (*empty, only where it may be)? */
static bool check_header(struct store *store, bool *empty, struct err *err)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 size = 0;
	uint8_t header[HEADER_BYTES];
	struct bytes bytes = {header, sizeof header}, magic;
	uint32_t id = 0;

	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file->pMethods ||
		file->pMethods->xFileSize(file, &size) != SQLITE_OK)
		return err_set(err, ERR_FAILED, "%s: cannot be read", store->path);
	if (!size && empty) {
		*empty = true;
		return true;
	}
	if (size < HEADER_BYTES || file->pMethods->xRead(file, header, HEADER_BYTES, 0) != SQLITE_OK ||
		!bytes_take(&bytes, sizeof header_magic, &magic) ||
		memcmp(magic.at, header_magic, sizeof header_magic) != 0)
		return err_set(
			err, ERR_FAILED, "%s: not an SQLite database (choose another file with -d)", store->path);
	if (!bytes_skip(&bytes, HEADER_APPLICATION_ID - sizeof header_magic) || !bytes_u32(&bytes, &id) ||
		id != APPLICATION_ID)
		return err_set(err, ERR_FAILED,
			"%s: an SQLite database, but not one of lastack's (choose another file "
			"with -d)",
			store->path);
	return true;
}

static bool read_version(struct store *store, int *version, struct err *err)
{
	sqlite3_stmt *statement;
	bool done = false;

	if (sqlite3_prepare_v2(store->db, sql_query("version"), -1, &statement, NULL) != SQLITE_OK)
		return store_failed(store, err);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		*version = sqlite3_column_int(statement, 0);
		done = true;
	} else {
		store_failed(store, err);
	}
	sqlite3_finalize(statement);
	return done;
}

static bool refuse_newer(struct store *store, int version, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	const unsigned char *program = NULL;

	/* A schema that is not known may have no such table: then it cannot be said. */
	if (sqlite3_prepare_v2(store->db, sql_query("newest_program"), -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		program = sqlite3_column_text(statement, 0);
	if (program)
		err_set(err, ERR_FAILED,
			"%s: written by a newer lastack: schema %d, this program knows %d (use "
			"lastack %.40s or later)",
			store->path, version, store_schema_version(), program);
	else
		err_set(err, ERR_FAILED,
			"%s: written by a newer lastack: schema %d, this program knows %d (use a "
			"newer lastack)",
			store->path, version, store_schema_version());
	sqlite3_finalize(statement);
	return false;
}

static bool check_version(struct store *store, int *version, struct err *err)
{
	return read_version(store, version, err) &&
	       (*version <= store_schema_version() || refuse_newer(store, *version, err));
}

/* The name by which SQLite opens a path: ":memory:" is a file like any other here. */
static char *plain_name(const char *path)
{
	struct strbuf name = {0};

	strbuf_addf(&name, "%s%s", *path == ':' ? "./" : "", path);
	return name.text;
}

/* As a URI that says that nobody writes the file: the only way into a WAL database in a folder
 * where no file can be made.  True only where there is no journal either, so that the file is
 * complete. */
static char *immutable_name(const char *path)
{
	static const char special[] = "%?#";
	struct strbuf name = {0};
	bool journal;

	strbuf_addf(&name, "%s-wal", path);
	journal = !access(name.text, F_OK);
	strbuf_clear(&name);
	strbuf_add(&name, *path == '/' ? "file:" : "file:./");
	for (const char *p = path; *p; p++)
		if (strchr(special, *p))
			strbuf_addf(&name, "%%%02x", (unsigned char)*p);
		else
			strbuf_add_char(&name, *p);
	strbuf_add(&name, "?immutable=1");
	if (journal) {
		strbuf_fini(&name);
		return NULL;
	}
	return name.text;
}

static bool must_exist(const char *path, struct err *err)
{
	struct stat status;

	if (stat(path, &status))
		return errno == ENOENT ? err_set(err, ERR_FAILED,
						 "%s: no such file (lastack read -d %s CAPTURE makes it)", path, path)
				       : err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	return !S_ISDIR(status.st_mode) || file_failed(path, EISDIR, err);
}

static bool open_for_reading(struct store *store, struct err *err)
{
	struct err first;
	int version = 0;

	if (!must_exist(store->path, err))
		return false;
	if (access(store->path, R_OK))
		return err_set(err, ERR_FAILED, "%s: no permission to read it", store->path);
	char *name = plain_name(store->path);
	/* SQLite removes its own side files when the last reader of a file that it may write
	 * leaves; query_only keeps the content as it is. */
	bool done = connect_database(store, name, SQLITE_OPEN_READWRITE, err);
	free(name);
	if (!done || !check_header(store, NULL, err))
		return false;
	if (!read_version(store, &version, &first)) {
		bool no_side_files =
			sqlite3_errcode(store->db) == SQLITE_CANTOPEN || sqlite3_errcode(store->db) == SQLITE_READONLY;

		if (!no_side_files || !(name = immutable_name(store->path))) {
			*err = first;
			return false;
		}
		sqlite3_close(store->db);
		store->db = NULL;
		done = connect_database(store, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
		free(name);
		if (!done)
			return false;
	}
	if (!check_version(store, &version, err))
		return false;
	if (version < store_schema_version())
		return err_set(err, ERR_FAILED,
			"%s: written by an older lastack: schema %d, this program reads %d "
			"(storing into it upgrades it)",
			store->path, version, store_schema_version());
	return store_script(store, sql_query("open"), err) && store_script(store, sql_query("open_read"), err);
}

/* Makes the file where it is missing, readable only by its user, and takes the lock of the one
 * writer.  The descriptor stays open as long as SQLite has the file: closing it would drop SQLite's
 * own locks. */
static bool claim(struct store *store, bool *made, struct err *err)
{
	store->lock = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	*made = store->lock >= 0;
	if (store->lock < 0 && errno == EEXIST)
		store->lock = open(store->path, O_RDWR | O_CLOEXEC);
	if (store->lock < 0)
		return file_failed(store->path, errno, err);
	/* A file system without such locks has only those of SQLite. */
	if (flock(store->lock, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return err_set(err, ERR_FAILED,
			"%s: locked: another lastack writes to it (stop it, or choose another file "
			"with -d)",
			store->path);
	return true;
}

static bool open_for_writing(struct store *store, enum store_mode mode, bool *made, struct err *err)
{
	bool empty = false;
	int version = 0;

	if (!claim(store, made, err))
		return false;
	char *name = plain_name(store->path);
	bool done = connect_database(store, name, SQLITE_OPEN_READWRITE, err);
	free(name);
	if (!done || !check_header(store, &empty, err))
		return false;
	store->loads = empty && mode == STORE_LOAD;
	return (empty ? store_script(store, sql_query("open_new"), err) : check_version(store, &version, err)) &&
	       store_script(store, sql_query("open"), err) && store_migrate(store, version, err) &&
	       store_script(store, sql_query(store->loads ? "open_load" : "open_write"), err);
}

static bool open_for_indexing(struct store *store, bool *made, struct err *err)
{
	if (access(store->path, W_OK))
		return file_failed(store->path, errno, err);
	return open_for_writing(store, STORE_INDEX, made, err);
}

/* An older schema is upgraded while nobody writes. */
static bool upgrade(struct store *store, int version, struct err *err)
{
	bool made = false;

	if (version == store_schema_version())
		return true;
	return claim(store, &made, err) && store_migrate(store, version, err) &&
	       (!flock(store->lock, LOCK_UN) || file_failed(store->path, errno, err));
}

/* One process at a time ships; it goes with the process, or with the file being closed.  Where SQLite has no locks of
 * its own (https://www.sqlite.org/lockingv3.html). */
static bool claim_shipping(struct store *store, struct err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};

	if (store->lock < 0 && (store->lock = open(store->path, O_RDWR | O_CLOEXEC)) < 0)
		return file_failed(store->path, errno, err);
	return !fcntl(store->lock, F_OFD_SETLK, &lock) || (errno != EAGAIN && errno != EACCES) ||
	       err_set(err, ERR_FAILED, "%s: another lastack ships from it (one does)", store->path);
}

static bool open_for_shipping(struct store *store, struct err *err)
{
	int version = 0;

	if (!must_exist(store->path, err))
		return false;
	if (access(store->path, W_OK))
		return file_failed(store->path, errno, err);
	char *name = plain_name(store->path);
	bool done = connect_database(store, name, SQLITE_OPEN_READWRITE, err);
	free(name);
	return done && check_header(store, NULL, err) && check_version(store, &version, err) &&
	       store_script(store, sql_query("open"), err) && upgrade(store, version, err) &&
	       claim_shipping(store, err) && store_script(store, sql_query("open_ship"), err);
}

static bool open_in_memory(struct store *store, struct err *err)
{
	return connect_database(store, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) &&
	       store_script(store, sql_query("open"), err) && store_script(store, sql_query("open_memory"), err) &&
	       store_migrate(store, 0, err);
}

struct store *store_open(const char *path, enum store_mode mode, struct err *err)
{
	struct store *store = mem_new(1, sizeof *store);
	struct err ignored;
	bool made = false, done = false;

	/* Nobody asks how much memory it uses, and counting costs a mutex at each allocation.  Has
	 * no effect, and is none the worse for it, once SQLite is in use. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	store->lock = -1;
	store->path = mem_copy(mode == STORE_MEMORY ? "the database in memory" : path);
	switch (mode) {
	case STORE_READ:
		done = open_for_reading(store, err);
		break;
	case STORE_WRITE:
	case STORE_LOAD:
		done = open_for_writing(store, mode, &made, err) && store_drop_indexes(store, err);
		break;
	case STORE_INDEX:
		done = open_for_indexing(store, &made, err);
		break;
	case STORE_SHIP:
		done = open_for_shipping(store, err);
		break;
	case STORE_MEMORY:
		done = open_in_memory(store, err);
		break;
	}
	if (done)
		return store;
	if (made)
		unlink(store->path);
	store_close(store, &ignored);
	return NULL;
}

bool store_is_written(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool written = file >= 0 && flock(file, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (file >= 0)
		close(file);
	return written;
}

/* --- transactions and the end -------------------------------------------------------------------- */

bool store_commit(struct store *store, struct err *err)
{
	sqlite3_stmt *acknowledge, *commit;

	if (store->gathers)
		return store_move(store, err);
	if (sqlite3_get_autocommit(store->db))
		return true;
	acknowledge = store_statement(store, STATEMENT_ACKNOWLEDGE, err);
	commit = store_statement(store, STATEMENT_COMMIT, err);
	if (!acknowledge || !commit)
		return false;
	sqlite3_bind_int64(acknowledge, 1, store->records);
	if (!store_run(store, acknowledge, err))
		return false;
	store->records = 0; /* a commit that fails is tried again, without counting them twice */
	if (!store_run(store, commit, err))
		return false;
	store->uncommitted = 0;
	return true;
}

bool store_close(struct store *store, struct err *err)
{
	bool done = true;

	if (!store)
		return true;
	if (store->db)
		done = store_commit(store, err) && (!store->loads || store_script(store, sql_query("loaded"), err));
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	if (store->lock >= 0)
		close(store->lock);
	free(store->path);
	free(store);
	return done;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

const char *store_library_version(void)
{
	return sqlite3_libversion();
}
