/* write: rows into the database.  Values are always bound, by the names of the columns, so that the
 * order of columns matters nowhere. */
#include "config.h" /* sync_file_range */

#include <fcntl.h>
#include <math.h>
#include <stddef.h>

#include "store/internal.h"

/* Binding a value that is not there leaves the parameter NULL. */
static int bind_number(sqlite3_stmt *statement, int parameter, int64_t number)
{
	return number == CLOCK_NONE ? sqlite3_bind_null(statement, parameter)
				    : sqlite3_bind_int64(statement, parameter, number);
}

static int bind_real(sqlite3_stmt *statement, int parameter, double real)
{
	return isnan(real) ? sqlite3_bind_null(statement, parameter) : sqlite3_bind_double(statement, parameter, real);
}

/* The text stays where it is until the statement has run. */
static int bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
	return sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

static int parameter_of(sqlite3_stmt *statement, const char *column)
{
	char name[64];

	snprintf(name, sizeof name, ":%s", column);
	return sqlite3_bind_parameter_index(statement, name);
}

/* The next row is part of a transaction. */
static bool begin(struct store *store, struct err *err)
{
	sqlite3_stmt *statement;

	if (store->gathers && !store_has_room(store, err))
		return false;
	if (!sqlite3_get_autocommit(store->db))
		return true;
	statement = store_statement(store, store->gathers ? STATEMENT_BEGIN_GATHERED : STATEMENT_BEGIN, err);
	return statement && store_run(store, statement, err) && store_read_taken(store, err);
}

/* What has come so far goes to the disk meanwhile, so that the end does not wait for all of it. */
static void flush_load(const struct store *store)
{
	sync_file_range(store->lock, 0, 0, SYNC_FILE_RANGE_WRITE); /* only sooner, so no matter where it fails */
}

/* One row more is in the transaction. */
static bool count_row(struct store *store, struct err *err)
{
	if (store->loads) {
		if (++store->uncommitted % STORE_BATCH == 0)
			flush_load(store);
		return true;
	}
	return store->gathers || ++store->uncommitted < STORE_BATCH || store_commit(store, err);
}

/* Runs a statement whose values are bound. */
static bool put_row(struct store *store, sqlite3_stmt *statement, struct err *err)
{
	return begin(store, err) && store_run(store, statement, err) && count_row(store, err);
}

/* The same of a row that is noted where somebody ships; *id is the row's. */
static bool put_noted_row(struct store *store, sqlite3_stmt *statement, const char *kind, int64_t *id, struct err *err)
{
	if (!begin(store, err) || !store_run(store, statement, err))
		return false;
	*id = sqlite3_last_insert_rowid(store->db);
	return (store->taken == CLOCK_NONE || store_note(store, kind, *id, err)) && count_row(store, err);
}

/* --- captures ------------------------------------------------------------------------------------ */

#define TEXT(name)                                                                                                     \
	{                                                                                                              \
#name, true, offsetof(struct capture_record, name)                                                     \
	}
#define NUMBER(name)                                                                                                   \
	{                                                                                                              \
#name, false, offsetof(struct capture_record, name)                                                    \
	}
#define BUCKET(name, i)                                                                                                \
	{name "_packets", false, offsetof(struct capture_record, bucket_packets[i])},                                  \
	{                                                                                                              \
		name "_bytes", false, offsetof(struct capture_record, bucket_bytes[i])                                 \
	}

const struct capture_column capture_columns[] = {
	TEXT(source),
	TEXT(kind),
	TEXT(link_type),
	NUMBER(snap_length),
	TEXT(filter),
	TEXT(stack),
	NUMBER(msl_ms),
	TEXT(program_version),
	TEXT(host),
	NUMBER(fingerprint),
	NUMBER(first_ns),
	NUMBER(last_ns),
	NUMBER(read_ns),
	NUMBER(packets),
	NUMBER(bytes),
	BUCKET("tcp", 0),
	BUCKET("not_tcp", 1),
	BUCKET("fragment", 2),
	BUCKET("truncated", 3),
	BUCKET("malformed", 4),
	BUCKET("unsupported_link", 5),
	BUCKET("too_deep", 6),
	BUCKET("filtered", 7),
	NUMBER(dropped_kernel),
	NUMBER(dropped_interface),
	NUMBER(time_back),
	NUMBER(connections),
	TEXT(end_reason),
	{NULL, false, 0},
};

#undef TEXT
#undef NUMBER
#undef BUCKET

bool store_put_capture(struct store *store, struct capture_record *capture, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_PUT_CAPTURE, err);
	int failed;

	if (!statement)
		return false;
	failed = bind_number(statement, parameter_of(statement, "id"), capture->id ? capture->id : CLOCK_NONE);
	for (const struct capture_column *column = capture_columns; column->name; column++) {
		const void *at = (const char *)capture + column->offset;
		int parameter = parameter_of(statement, column->name);

		failed |= column->text ? bind_text(statement, parameter, *(const char *const *)at)
				       : bind_number(statement, parameter, *(const int64_t *)at);
	}
	if (failed)
		return store_failed(store, err);
	return put_noted_row(store, statement, "capture", &capture->id, err);
}

bool store_find_fingerprint(struct store *store, int64_t fingerprint, int64_t *id, int64_t *read_ns)
{
	struct err ignored;
	sqlite3_stmt *statement = store_statement(store, STATEMENT_FIND_FINGERPRINT, &ignored);
	bool found;

	if (!statement)
		return false;
	sqlite3_bind_int64(statement, 1, fingerprint);
	found = sqlite3_step(statement) == SQLITE_ROW;
	if (found) {
		*id = sqlite3_column_int64(statement, 0);
		*read_ns = sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	return found;
}

bool store_put_drop(
	struct store *store, int64_t capture_id, int64_t time_ns, int64_t kernel, int64_t interface, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_PUT_CAPTURE_DROP, err);

	if (!statement)
		return false;
	if (bind_number(statement, 1, capture_id) | bind_number(statement, 2, time_ns) |
		bind_number(statement, 3, kernel) | bind_number(statement, 4, interface))
		return store_failed(store, err);
	return put_row(store, statement, err);
}

/* --- connections --------------------------------------------------------------------------------- */

int64_t store_next_connection_id(struct store *store)
{
	struct err ignored;
	sqlite3_stmt *statement = store_statement(store, STATEMENT_NEXT_CONNECTION, &ignored);
	int64_t next = 1;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		next = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return next;
}

/* The statement, and once for all which of its parameters belongs to which column. */
static sqlite3_stmt *connection_statement(struct store *store, struct err *err)
{
	bool planned = store->statements[STATEMENT_PUT_CONNECTION];
	sqlite3_stmt *statement = store_statement(store, STATEMENT_PUT_CONNECTION, err);

	for (int i = 0; statement && !planned && i < RECORD_STORED_COLUMNS; i++) {
		store->connection_parameters[i] = parameter_of(statement, record_columns[i].name);
		store->connection_numbers[i] = CLOCK_NONE; /* a new parameter is NULL */
	}
	return statement;
}

/* A number stays bound until another one is: half of them are the same in most connections. */
static int bind_changed_number(struct store *store, sqlite3_stmt *statement, int column, int64_t number)
{
	if (store->connection_numbers[column] == number)
		return SQLITE_OK;
	store->connection_numbers[column] = number;
	return bind_number(statement, store->connection_parameters[column], number);
}

static bool bind_connection(
	struct store *store, sqlite3_stmt *statement, const struct conn_record *record, char room[SIDES][ADDR_TEXT])
{
	int failed = 0, addresses = 0;

	for (int i = 0; i < RECORD_STORED_COLUMNS; i++) {
		const void *at = (const char *)record + record_columns[i].offset;
		int parameter = store->connection_parameters[i];

		switch (record_columns[i].kind) {
		case RECORD_INT:
		case RECORD_FLAG:
			failed |= bind_changed_number(store, statement, i, *(const int64_t *)at);
			break;
		case RECORD_REAL:
			failed |= bind_real(statement, parameter, *(const double *)at);
			break;
		case RECORD_ADDR:
			failed |= bind_text(statement, parameter, addr_print(at, room[addresses++ % SIDES]));
			break;
		case RECORD_WORD:
		case RECORD_TEXT:
			failed |= bind_text(statement, parameter, *(const char *const *)at);
			break;
		}
	}
	return !failed;
}

static bool drop_by_id(struct store *store, int which, int64_t id, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, which, err);

	return statement && (sqlite3_bind_int64(statement, 1, id) == SQLITE_OK || store_failed(store, err)) &&
	       store_run(store, statement, err);
}

/* Makes room for a row whose id is taken, and for what was found of it. */
static bool drop_connection(struct store *store, int64_t id, struct err *err)
{
	return drop_by_id(store, STATEMENT_DROP_CONNECTION, id, err) &&
	       drop_by_id(store, STATEMENT_DROP_ANOMALIES, id, err);
}

bool store_put_connection(struct store *store, const struct conn_record *record, struct err *err)
{
	sqlite3_stmt *statement = connection_statement(store, err);
	char room[SIDES][ADDR_TEXT];

	if (!statement)
		return false;
	if (!bind_connection(store, statement, record, room))
		return store_failed(store, err);
	if (!begin(store, err))
		return false;
	if (!store_run(store, statement, err) &&
		!(sqlite3_extended_errcode(store->db) == SQLITE_CONSTRAINT_PRIMARYKEY &&
			drop_connection(store, record->id, err) && store_run(store, statement, err)))
		return false;
	if (record->id <= store->taken && !store_note(store, "connection", record->id, err))
		return false;
	store->records += !store->gathers;
	return count_row(store, err);
}

/* --- anomalies ----------------------------------------------------------------------------------- */

bool store_put_anomaly(struct store *store, const struct anomaly_record *a, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_PUT_ANOMALY, err);

	if (!statement)
		return false;
	if (bind_number(statement, 1, a->connection_id) | bind_number(statement, 2, a->capture_id) |
		bind_number(statement, 3, a->time_ns) | bind_text(statement, 4, a->code) |
		bind_text(statement, 5, a->side) | bind_text(statement, 6, a->severity) |
		bind_text(statement, 7, a->confidence) | bind_number(statement, 8, a->count) |
		bind_number(statement, 9, a->first_ns) | bind_number(statement, 10, a->last_ns) |
		bind_number(statement, 11, a->withdrawn_ns) | bind_text(statement, 12, a->evidence) |
		bind_number(statement, 13, a->packet))
		return store_failed(store, err);
	if (a->connection_id != CLOCK_NONE)
		return put_row(store, statement, err);
	return put_noted_row(store, statement, "anomaly", &(int64_t){0}, err);
}

bool store_drop_many(struct store *store, int64_t first_capture, struct err *err)
{
	return begin(store, err) && drop_by_id(store, STATEMENT_DROP_MANY, first_capture, err);
}

bool store_time_wait_over(struct store *store, int64_t first_capture, int64_t now_ns, struct err *err)
{
	static const enum statement both[] = {STATEMENT_SPOOL_NOTE_TIME_WAIT, STATEMENT_TIME_WAIT_OVER};

	if (!begin(store, err))
		return false;
	for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
		sqlite3_stmt *statement = store_statement(store, both[i], err);

		if (!statement)
			return false;
		if (bind_number(statement, 1, now_ns) | bind_number(statement, 2, first_capture))
			return store_failed(store, err);
		if (!store_run(store, statement, err))
			return false;
	}
	return count_row(store, err);
}

/* --- addresses ----------------------------------------------------------------------------------- */

bool store_put_address(struct store *store, const struct address_record *address, struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_PUT_ADDRESS, err);
	char room[ADDR_TEXT];

	if (!statement)
		return false;
	if (bind_text(statement, parameter_of(statement, "ip"), addr_print(&address->ip, room)) |
		bind_text(statement, parameter_of(statement, "country"), address->country) |
		bind_text(statement, parameter_of(statement, "region"), address->region) |
		bind_text(statement, parameter_of(statement, "city"), address->city) |
		bind_real(statement, parameter_of(statement, "latitude"), address->latitude) |
		bind_real(statement, parameter_of(statement, "longitude"), address->longitude) |
		bind_number(statement, parameter_of(statement, "asn"), address->asn) |
		bind_text(statement, parameter_of(statement, "organisation"), address->organisation))
		return store_failed(store, err);
	return put_row(store, statement, err);
}

bool store_has_address(struct store *store, const struct addr *ip)
{
	struct err ignored;
	sqlite3_stmt *statement = store_statement(store, STATEMENT_HAS_ADDRESS, &ignored);
	char room[ADDR_TEXT];
	bool found;

	if (!statement)
		return false;
	bind_text(statement, 1, addr_print(ip, room));
	found = sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_reset(statement);
	return found;
}
