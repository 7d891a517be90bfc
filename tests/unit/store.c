/* store: opening, whose file it is, versions, locks, round trips. */
#include "store/store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>

#include "store/query.h"
#include "tests/lib/tap.h"
#include "tests/unit/store_fixture.h"

static struct err err;

static void write_file(const char *name, const char *content, size_t length)
{
	FILE *file = fopen(name, "wb");

	if (!file || fwrite(content, 1, length, file) != length || fclose(file))
		puts("Bail out! no file can be written");
}

/* The content of a small file, so that a test can say that nothing changed. */
static size_t read_file(const char *name, char *content, size_t room)
{
	FILE *file = fopen(name, "rb");
	size_t length = file ? fread(content, 1, room, file) : 0;

	if (file)
		fclose(file);
	return length;
}

static bool refuses(const char *file, enum store_mode mode, const char *words)
{
	static char before[1 << 18], after[1 << 18];
	size_t length = read_file(file, before, sizeof before);
	struct store *store = store_open(file, mode, &err);
	bool untouched = read_file(file, after, sizeof after) == length && !memcmp(before, after, length);

	if (!store && untouched && strstr(err.text, words))
		return true;
	printf("# %s, %s: %s\n", store ? "opened" : "refused", untouched ? "untouched" : "changed", err.text);
	store_close(store, &err);
	return false;
}

/* --- opening ------------------------------------------------------------------------------------- */

static void test_new_file(void)
{
	struct store *store = store_open("new.db", STORE_WRITE, &err);
	struct stat status;

	tap_ok(store, "a database that does not exist is made");
	tap_equal_int(
		stat("new.db", &status) ? -1 : (long long)(status.st_mode & 0777), 0600, "only its user may read it");
	tap_equal_int(store_next_connection_id(store), 1, "its first connection gets number 1");
	tap_ok(store_close(store, &err), "closing succeeds");
	tap_ok(access("new.db-wal", F_OK) && access("new.db-shm", F_OK), "closing leaves no side files");
	tap_equal_text(ask("new.db", "PRAGMA application_id"), "1279349588", "its application_id says LAST");
	tap_equal_text(ask("new.db", "PRAGMA user_version"), "3", "its user_version is the last step of the schema");
	tap_equal_text(ask("new.db", "PRAGMA journal_mode"), "wal", "its readers do not wait for the writer");
	tap_equal_text(ask("new.db", "SELECT count(*) FROM state"), "11", "table state has the eleven states");
	tap_equal_text(
		ask("new.db", "SELECT name FROM state WHERE code = 'F1'"), "FIN-WAIT-1", "states are found by code");
	ask("new.db", "UPDATE outcome SET meaning = 'old words' WHERE name = 'closed'");
	ask("new.db", "DELETE FROM state WHERE code = 'TW'");
	store_close(store_open("new.db", STORE_WRITE, &err), &err);
	tap_equal_text(ask("new.db", "SELECT meaning FROM outcome WHERE name = 'closed'"),
		outcome_words[OUTCOME_CLOSED].meaning, "words that were changed are brought up to date");
	tap_equal_text(ask("new.db", "SELECT name FROM state WHERE code = 'TW'"), "TIME-WAIT",
		"words that are missing are added");
	fixture_remove("new.db");
}

static void test_refusals(void)
{
	static const char text[] = "Meeting notes of Monday: nothing in here is a database, however long this file "
				   "may be.\n"
				   "Second line, so that it is longer than the header of a database.\n";

	tap_ok(refuses("missing.db", STORE_READ, "missing.db: no such file"), "reading a missing database says so");
	tap_ok(refuses("missing/x.db", STORE_WRITE, "missing/x.db: no such folder"),
		"writing into a missing folder says so");
	tap_ok(refuses("/", STORE_WRITE, "/: a folder"), "a folder is no database");
	write_file("notes.txt", text, sizeof text - 1);
	tap_ok(refuses("notes.txt", STORE_WRITE, "not an SQLite database"), "a text file is refused and left alone");
	tap_ok(refuses("notes.txt", STORE_READ, "not an SQLite database"), "also when reading");
	write_file("notes.txt", "SQLite format 3", 16);
	tap_ok(refuses("notes.txt", STORE_WRITE, "not an SQLite database"), "a header cut short is refused");
	unlink("notes.txt");
	write_file("empty.db", "", 0);
	tap_ok(refuses("empty.db", STORE_READ, "not an SQLite database"), "an empty file cannot be read");
	struct store *store = store_open("empty.db", STORE_WRITE, &err);
	tap_ok(store, "an empty file becomes a database");
	store_close(store, &err);
	fixture_remove("empty.db");
	ask("foreign.db", "CREATE TABLE notes (text)");
	tap_ok(refuses("foreign.db", STORE_WRITE, "not one of lastack's"),
		"another program's database is refused and left alone");
	tap_ok(refuses("foreign.db", STORE_READ, "not one of lastack's"), "also when reading");
	fixture_remove("foreign.db");
}

static void test_newer(void)
{
	struct capture_record capture = {.source = "x.pcap", .program_version = "9.4"};
	struct store *store = store_open("newer.db", STORE_WRITE, &err);

	store_close(store, &err);
	ask("newer.db", "PRAGMA user_version = 7");
	tap_ok(refuses("newer.db", STORE_READ,
		       "newer.db: written by a newer lastack: schema 7, this program knows 3 (use "
		       "a newer lastack)"),
		"a newer schema is refused and left alone");
	ask("newer.db", "PRAGMA user_version = 3");
	store = store_open("newer.db", STORE_WRITE, &err);
	tap_ok(store_put_capture(store, &capture, &err), "a capture is stored");
	store_close(store, &err);
	ask("newer.db", "PRAGMA user_version = 7");
	tap_ok(refuses("newer.db", STORE_WRITE, "(use lastack 9.4 or later)"), "the program that can read it is named");
	fixture_remove("newer.db");
}

static void test_locks(void)
{
	struct store *writer = store_open("locked.db", STORE_WRITE, &err);
	struct conn_record record = fixture_record(1);

	store_put_connection(writer, &record, &err);
	tap_ok(!store_open("locked.db", STORE_WRITE, &err) && strstr(err.text, "locked: another lastack writes to it"),
		"a second writer is refused");
	struct store *reader = store_open("locked.db", STORE_READ, &err);
	int64_t lowest, highest;
	tap_ok(reader, "a reader is let in while a writer is at work");
	tap_ok(!query_id_range(reader, &lowest, &highest), "it does not see what is not committed");
	tap_ok(store_commit(writer, &err), "the writer commits while it reads");
	tap_ok(query_id_range(reader, &lowest, &highest) && lowest == 1 && highest == 1, "it sees what is committed");
	tap_ok(!store_put_connection(reader, &record, &err), "it cannot write");
	store_close(reader, &err);
	store_close(writer, &err);
	fixture_remove("locked.db");
}

/* Where the user may read the file and write nothing: another user's folder, a read-only medium. */
static void test_read_only_place(void)
{
	struct store *store = store_open("shared?.db", STORE_WRITE, &err);
	struct conn_record record = fixture_record(1);
	int64_t lowest, highest;
	bool root = geteuid() == 0;

	store_put_connection(store, &record, &err);
	store_close(store, &err);
	bool ready = !chmod("shared?.db", 0444) && !chmod(".", 0555) && (!root || !seteuid(65534));
	store = ready ? store_open("shared?.db", STORE_READ, &err) : NULL;
	if (!tap_ok(store && query_id_range(store, &lowest, &highest) && lowest == 1,
		    "a database is read where no side file can be made"))
		printf("# %s\n", err.text);
	store_close(store, &err);
	tap_ok(ready && !store_open("shared?.db", STORE_WRITE, &err) && strstr(err.text, "no permission to write"),
		"but not written");
	if ((root && seteuid(0)) || chmod(".", 0755))
		puts("Bail out! no way back");
	fixture_remove("shared?.db");
}

/* --- rows ---------------------------------------------------------------------------------------- */

/* A value of its own for each column. */
static void fill(struct conn_record *record, char texts[RECORD_COLUMNS][64])
{
	record_clear(record);
	for (int i = 0; i < RECORD_STORED_COLUMNS; i++) {
		void *at = (char *)record + record_columns[i].offset;

		snprintf(texts[i], sizeof *texts, "%s of column %d \xc3\xb6", record_columns[i].name, i);
		switch (record_columns[i].kind) {
		case RECORD_INT:
			*(int64_t *)at = INT64_C(1795399936061323000) - i;
			break;
		case RECORD_FLAG:
			*(int64_t *)at = 1;
			break;
		case RECORD_REAL:
			*(double *)at = i + 0.5;
			break;
		case RECORD_ADDR:
			*(struct addr *)at = fixture_address(i % 2 ? "2001:db8::1" : "198.51.100.7");
			break;
		case RECORD_WORD:
		case RECORD_TEXT:
			*(const char **)at = texts[i];
			break;
		}
	}
}

/* The first column in which they differ, by name; NULL when they are the same. */
static const char *difference(const struct conn_record *a, const struct conn_record *b)
{
	for (int i = 0; i < RECORD_COLUMNS; i++) {
		struct record_value va = {0}, vb = {0};
		bool is_a = record_value(a, i, &va), is_b = record_value(b, i, &vb);

		if (is_a != is_b || (is_a && (va.number != vb.number || (va.text && strcmp(va.text, vb.text)) ||
						     fabs(va.real - vb.real) > 1e-9)))
			return record_columns[i].name;
	}
	return NULL;
}

static bool read_one(struct store *store, int64_t id, struct conn_record *record, struct query **query)
{
	struct query_filter filter;

	query_filter_clear(&filter);
	filter.id = id;
	*query = query_connections(store, &filter, &err);
	return *query && query_next(*query, record, &err);
}

static void test_round_trip(void)
{
	static char texts[RECORD_COLUMNS][64];
	struct store *store = store_open(NULL, STORE_MEMORY, &err);
	struct conn_record full, empty, back;
	struct query *query;
	int64_t id;

	fill(&full, texts);
	id = full.id;
	tap_ok(store_put_connection(store, &full, &err), "a record with each column set is stored");
	tap_ok(read_one(store, id, &back, &query), "and found by its id");
	tap_equal_text(difference(&full, &back), NULL, "with the same value in each column");
	tap_ok(!query_next(query, &back, &err) && err.code == ERR_NONE, "and nothing after it");
	query_close(query);

	record_clear(&empty);
	empty.id = 5;
	tap_ok(store_put_connection(store, &empty, &err), "a record of which nothing is known is stored");
	tap_ok(read_one(store, 5, &back, &query), "and found");
	tap_equal_text(difference(&empty, &back), NULL, "and nothing of it is known");
	query_close(query);

	full.id = 5;
	tap_ok(store_put_connection(store, &full, &err) && read_one(store, 5, &back, &query),
		"a record replaces the one with its id");
	tap_equal_text(difference(&full, &back), NULL, "in each column");
	query_close(query);
	tap_equal_int(store_next_connection_id(store), id + 1, "the next number is one above the highest");
	store_close(store, &err);
}

/* A row that was written while the responder was in TIME-WAIT. */
static void test_time_wait(void)
{
	const int64_t first = INT64_C(1700000000000000000);
	struct store *store = store_open(NULL, STORE_MEMORY, &err);
	struct conn_record record = fixture_record(1), back;
	struct query *query;

	record.capture_id = 3;
	record.first_ns = first;
	record.time_wait_ends_ns = first + 61 * NS_PER_S + 999;
	record.state[INITIATOR] = "CLOSED";
	record.state[RESPONDER] = "TIME-WAIT";
	record.state_basis[INITIATOR] = record.state_basis[RESPONDER] = "proved";
	record.state_since_ns[RESPONDER] = first + NS_PER_S;
	record.timeline = "[[0,\"R\",\"TW\",\"p\"]]";
	store_put_connection(store, &record, &err);
	tap_ok(store_time_wait_over(store, 4, INT64_MAX, &err) &&
			store_time_wait_over(store, 1, record.time_wait_ends_ns - 1, &err) &&
			read_one(store, 1, &back, &query),
		"a TIME-WAIT of another run, or that is not over");
	tap_equal_text(difference(&record, &back), NULL, "stays as it is");
	query_close(query);
	tap_ok(store_time_wait_over(store, 3, record.time_wait_ends_ns, &err) && read_one(store, 1, &back, &query),
		"one that is over");
	tap_ok(!strcmp(back.state[RESPONDER], "CLOSED") && !strcmp(back.state_basis[RESPONDER], "timer") &&
			back.state_since_ns[RESPONDER] == record.time_wait_ends_ns &&
			!strcmp(back.state_basis[INITIATOR], "proved"),
		"is CLOSED from then on, by timer, and the other side as it was");
	tap_equal_text(back.timeline, "[[0,\"R\",\"TW\",\"p\"],[61000000,\"R\",\"CL\",\"*\"]]", "so says its timeline");
	query_close(query);
	store_close(store, &err);
}

static void test_captures(void)
{
	struct capture_record capture = {.source = "a.pcap",
		.kind = "file",
		.fingerprint = -77,
		.read_ns = 123,
		.snap_length = CLOCK_NONE,
		.first_ns = CLOCK_NONE,
		.last_ns = CLOCK_NONE};
	struct store *store = store_open("captures.db", STORE_WRITE, &err);
	int64_t id = 0, read_ns = 0;

	tap_ok(store_put_capture(store, &capture, &err), "a capture is stored");
	tap_equal_int(capture.id, 1, "and gets a number");
	tap_ok(!store_find_fingerprint(store, -77, &id, &read_ns),
		"one that was not read to an end is not found by its content");
	capture.packets = 42;
	capture.bucket_packets[CAPTURE_BUCKETS - 1] = 7;
	capture.end_reason = "end of file";
	tap_ok(store_put_capture(store, &capture, &err) && capture.id == 1, "and is replaced when it has a number");
	tap_ok(store_find_fingerprint(store, -77, &id, &read_ns), "one that was read is found by its content");
	tap_ok(id == 1 && read_ns == 123, "with its number and when it was read");
	tap_ok(!store_find_fingerprint(store, 78, &id, &read_ns), "other content is not found");
	store_close(store, &err);
	tap_equal_text(ask("captures.db", "SELECT count(*) || ' ' || packets || ' ' || "
					  "filtered_packets FROM capture"),
		"1 42 7", "there is one row, with the last values");
	tap_equal_text(ask("captures.db", "SELECT count(*) FROM capture WHERE snap_length IS NULL "
					  "AND first_ns IS NULL"),
		"1", "what is not known is NULL");
	fixture_remove("captures.db");
}

static void test_load(void)
{
	struct store *writer = store_open("load.db", STORE_LOAD, &err);
	struct conn_record record = fixture_record(1);

	for (record.id = 1; record.id <= STORE_BATCH + 1; record.id++)
		store_put_connection(writer, &record, &err);
	tap_ok(access("load.db-wal", F_OK) != 0, "a file that is made to be filled has no log");
	tap_ok(store_close(writer, &err), "and is closed");
	tap_equal_text(ask("load.db", "SELECT count(*) || ' ' || (SELECT records FROM acknowledged) FROM connection"),
		"10001 10001", "with all rows in it");
	tap_equal_text(ask("load.db", "PRAGMA journal_mode"), "wal", "as any other database");
	writer = store_open("load.db", STORE_LOAD, &err);
	for (; record.id < 2 * STORE_BATCH + 2; record.id++)
		store_put_connection(writer, &record, &err);
	tap_equal_text(ask("load.db", "SELECT count(*) FROM connection"), "20001",
		"one that was there gets its rows batch by batch");
	store_close(writer, &err);
	fixture_remove("load.db");
}

static void test_batches(void)
{
	struct store *writer = store_open("batch.db", STORE_WRITE, &err);
	struct conn_record record = fixture_record(1);

	for (record.id = 1; record.id < STORE_BATCH; record.id++)
		store_put_connection(writer, &record, &err);
	tap_equal_text(ask("batch.db", "SELECT count(*) FROM connection"), "0", "rows wait for their batch to be full");
	store_put_connection(writer, &record, &err);
	tap_equal_text(ask("batch.db", "SELECT count(*) FROM connection"), "10000", "a full batch is committed");
	record.id++;
	store_put_connection(writer, &record, &err);
	store_close(writer, &err);
	tap_equal_text(ask("batch.db", "SELECT count(*) FROM connection"), "10001", "closing commits the rest");
	fixture_remove("batch.db");
}

int main(void)
{
	fixture_begin();
	test_new_file();
	test_refusals();
	test_newer();
	test_locks();
	test_read_only_place();
	test_round_trip();
	test_time_wait();
	test_captures();
	test_load();
	test_batches();
	fixture_end();
	return tap_end();
}
