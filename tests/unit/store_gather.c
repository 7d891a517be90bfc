/* store_gather: rows that wait in memory until the disk takes them: what is seen when, and what happens beside locks
 * and readers. */
#include "store/store.h"

#include "tests/lib/tap.h"
#include "tests/unit/store_fixture.h"

enum { LOG_MOST = 1 << 20 };

static struct err err;
static struct store *store;
static int64_t capture_id;

static void begin(void)
{
	struct capture_record capture = {.source = "eth0", .kind = "interface", .program_version = "9.4"};

	store = store_open("g.db", STORE_WRITE, &err);
	if (!store || !store_put_capture(store, &capture, &err) || !store_gather(store, LOG_MOST, &err))
		printf("Bail out! %s\n", err.text);
	capture_id = capture.id;
}

static void end(void)
{
	store_close(store, &err);
	fixture_remove("g.db");
}

static bool put(int64_t id, const char *outcome)
{
	struct conn_record record = fixture_record(id);

	record.capture_id = capture_id;
	record.first_ns = id;
	record.last_ns = id + 1;
	record.outcome = outcome;
	return store_put_connection(store, &record, &err);
}

static sqlite3 *other_program(const char *sql)
{
	sqlite3 *db;

	sqlite3_open("g.db", &db);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		printf("# %s: %s\n", sql, sqlite3_errmsg(db));
	return db;
}

static void test_moves(void)
{
	begin();
	tap_ok(put(1, "open") && put(2, "open"), "rows are put");
	tap_equal_text(ask("g.db", "SELECT count(*) FROM connection"), "0", "and not yet in the file");
	tap_equal_int((long long)store_waiting(store), 2, "they wait");
	tap_ok(put(1, "closed") && store_commit(store, &err), "a commit brings them there");
	tap_equal_text(ask("g.db", "SELECT id, outcome FROM connection"), "1|closed\n2|open", "as they were put last");
	tap_equal_int((long long)store_waiting(store), 0, "so that none waits");
	tap_ok(put(2, "reset") && store_commit(store, &err), "one that is there already is put again");
	tap_equal_text(ask("g.db", "SELECT id, outcome FROM connection"), "1|closed\n2|reset", "and replaced");
	tap_equal_int((long long)store_acknowledged(store), 3, "what was acknowledged is counted");
	tap_equal_text(ask("g.db", "SELECT records FROM acknowledged"), "3", "in the file");
	end();
}

static void test_end(void)
{
	begin();
	put(1, "open");
	tap_ok(store_ungather(store, &err), "at the end what has gathered is committed");
	tap_equal_text(ask("g.db", "SELECT id, outcome FROM connection"), "1|open", "and is in the file");
	tap_ok(put(1, "closed") && put(2, "closed") && store_commit(store, &err), "rows go straight into it then");
	tap_equal_text(ask("g.db", "SELECT id, outcome FROM connection"), "1|closed\n2|closed", "as they do for files");
	end();
	begin();
	sqlite3 *db = other_program("BEGIN IMMEDIATE");
	put(1, "open");
	tap_ok(!store_ungather(store, &err), "where that fails");
	sqlite3_close(db);
	tap_ok(put(2, "open") && store_commit(store, &err), "rows gather as they did");
	tap_equal_text(ask("g.db", "SELECT count(*) FROM connection"), "2", "and none is lost");
	end();
}

static bool put_many(int64_t capture)
{
	return store_put_anomaly(store,
		&(struct anomaly_record){.connection_id = CLOCK_NONE,
			.capture_id = capture,
			.code = "port-scan",
			.severity = "alert",
			.confidence = "sure",
			.count = 1,
			.withdrawn_ns = CLOCK_NONE,
			.packet = CLOCK_NONE,
			.evidence = "{}"},
		&err);
}

/* At its end a watch puts what is of several connections once more. */
static void test_many(void)
{
	begin();
	put_many(capture_id), put_many(capture_id + 1), store_ungather(store, &err);
	tap_ok(store_drop_many(store, capture_id + 1, &err) && store_commit(store, &err),
		"rows of several connections are taken back");
	tap_equal_text(
		ask("g.db", "SELECT count(*), capture_id FROM anomaly"), "1|1", "but not those of captures before");
	end();
}

static void test_lock(void)
{
	begin();
	sqlite3 *db = other_program("BEGIN IMMEDIATE");
	tap_ok(put(1, "closed") && !store_commit(store, &err) && strstr(err.text, "another program writes to it"),
		"while another program holds the lock a commit fails");
	tap_ok(put(2, "closed"), "rows go on to gather");
	sqlite3_close(db);
	tap_ok(store_commit(store, &err), "and when it is gone all are committed");
	tap_equal_text(ask("g.db", "SELECT count(*) FROM connection"), "2", "none is lost");
	end();
}

static void test_full(void)
{
	int64_t id = 0;

	begin();
	while (put(++id, "closed"))
		;
	tap_ok(store_is_full(store) && id > 10000, "memory is bounded, and holds more than ten thousand rows");
	tap_ok(store_commit(store, &err), "once they are on the disk");
	int64_t first = id;
	while (put(id, "closed"))
		id++;
	tap_ok(id - first > 10000, "there is room for as many again");
	char wanted[24];
	snprintf(wanted, sizeof wanted, "%lld", (long long)id - 1);
	tap_ok(store_commit(store, &err), "and all of them are committed");
	tap_equal_text(ask("g.db", "SELECT count(*) FROM connection"), wanted, "none is missing");
	end();
}

static void test_reader(void)
{
	int64_t id = 0;
	bool done;

	begin();
	sqlite3 *db = other_program("BEGIN; SELECT count(*) FROM connection");
	do
		for (int i = 0; i < 500; i++)
			put(++id, "closed");
	while ((done = store_commit(store, &err)) && id < 100000);
	tap_ok(!done && strstr(err.text, "one long transaction"),
		"a reader that stays holds back so much of the log, and no more");
	tap_ok(store_log_bytes(store) < 2 * LOG_MOST, "which then does not grow");
	sqlite3_close(db);
	tap_ok(store_commit(store, &err), "when it leaves rows are committed");
	char wanted[24];
	snprintf(wanted, sizeof wanted, "%lld", (long long)id);
	tap_equal_text(ask("g.db", "SELECT count(*) FROM connection"), wanted, "all of them");
	end();
}

static void test_prune(void)
{
	begin();
	for (int64_t id = 1; id <= 10; id++)
		put(id, id == 3 ? "open" : "closed");
	store_commit(store, &err);
	tap_equal_int(store_prune(store, 6, CLOCK_NONE), 3, "what ended before a time goes");
	tap_equal_text(ask("g.db", "SELECT min(id), count(*) FROM connection"), "3|7", "but for what is open");
	tap_equal_int(store_prune(store, 6, CLOCK_NONE), 0, "until there is no more");
	tap_equal_int(store_prune(store, CLOCK_NONE, 0), 6, "or the oldest, while the file is larger");
	end();
}

int main(void)
{
	fixture_begin();
	test_moves();
	test_end();
	test_many();
	test_lock();
	test_full();
	test_reader();
	test_prune();
	fixture_end();
	return tap_end();
}
