/* ship: see ship.h. */
#include "ship/ship.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "ship/native.h"
#include "store/spool.h"
#include "store/sql.h"

enum {
	BATCH_ROWS = 20000, /* connections: some 15 MiB before compression, 2 MiB after it */
	EVERY_S = 10,
	BACK_OFF_MOST_S = 60,
	RUNS_MOST_S = 60, /* how long the request of a process that was killed may run on */
	NAP_MS = 250,     /* how soon it is noticed that it shall stop */
};

/* A table as the cluster has it. */
struct table {
	struct strbuf told; /* a line for each column: name, type, kind of default; tabs between them */
	int64_t layout;
	struct native *native; /* what its rows are made with, in these types; kept, as its buffers are large */
};

struct ship {
	struct store *store;
	const struct ship_options *o;
	struct ship_result *result;
	struct table tables[SPOOL_TABLES];
	bool learned; /* the tables are known; no longer when a batch was refused */
	struct spool_part part;
	struct strbuf block; /* before it is compressed */
	bool failing;
	struct err told; /* the last failure that was told */
};

/* --- waiting --------------------------------------------------------------------------------------- */

static bool stops(const struct ship *s)
{
	return s->o->stops && s->o->stops();
}

static void nap(const struct ship *s, int64_t span_ns)
{
	int64_t until_ns = clock_plus(clock_monotonic_ns(), span_ns), left_ns;

	while (!stops(s) && (left_ns = clock_since(until_ns, clock_monotonic_ns())) > 0) {
		if (left_ns > NAP_MS * NS_PER_MS)
			left_ns = NAP_MS * NS_PER_MS;
		nanosleep(&(struct timespec){.tv_sec = 0, .tv_nsec = left_ns}, NULL);
	}
}

/* --- the cluster's tables ------------------------------------------------------------------------- */

static void statement_of(enum spool_table table, const char *query, struct strbuf *statement)
{
	sql_fill_one(statement, sql_query(query), "table", spool_table_names[table]);
	strbuf_trim(statement); /* a newline behind FORMAT would be data */
}

static bool learn_table(struct ship *s, enum spool_table which, struct err *err)
{
	struct table *table = &s->tables[which];
	struct strbuf statement = {0};

	statement_of(which, "ship_columns", &statement);
	strbuf_clear(&table->told);
	bool done = http_post(s->o->http, &(struct http_request){.body = statement.text, .length = statement.length},
		&table->told, err);
	strbuf_fini(&statement);
	table->layout = done ? (int64_t)hash_bytes(&(struct hash_key){0, 0}, table->told.text, table->told.length) : 0;
	native_free(table->native);
	table->native = NULL;
	return done;
}

/* The type of a column into type[room]; false when the table has none of this name. */
static bool type_of(const struct table *table, const char *name, char *type, size_t room)
{
	size_t length = strlen(name);

	for (const char *line = table->told.text; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (!strncmp(line, name, length) && line[length] == '\t') {
			line += length + 1;
			snprintf(type, room, "%.*s", (int)strcspn(line, "\t\n"), line);
			return true;
		}
	return false;
}

/* Columns of the rows that are read, in the types that the table has. */
static bool plan(struct ship *s, enum spool_table which, const struct spool_rows *rows, struct err *err)
{
	struct table *table = &s->tables[which];
	char type[256];

	if (table->native)
		return true;
	table->native = native_new();
	for (int i = 0; i < spool_columns(rows); i++) {
		const char *name = spool_column_name(rows, i);

		if (!type_of(table, name, type, sizeof type)) {
			native_free(table->native);
			table->native = NULL;
			return err_set(err, ERR_FAILED,
				"%s: table %s has no column %s (it is of an older lastack: schema/clickhouse)",
				http_place(s->o->http), spool_table_names[which], name);
		}
		native_column(table->native, name, type);
	}
	return true;
}

/* --- a batch --------------------------------------------------------------------------------------- */

static bool fill_part(struct ship *s, enum spool_table which, struct spool_part *part, struct err *err)
{
	struct native *native;
	struct spool_rows *rows = spool_rows(s->store, which, err);
	bool done = rows && plan(s, which, rows, err);

	*part = (struct spool_part){.table = which, .layout = s->tables[which].layout};
	if (done) {
		int columns = spool_columns(rows);

		native = s->tables[which].native;
		while (spool_rows_next(rows, err))
			for (int i = 0; i < columns; i++)
				native_put(native, spool_value(rows, i));
		done = err->code == ERR_NONE;
		part->rows = native_rows(native);
		strbuf_clear(&s->block);
		native_write(native, &s->block);
		if (part->rows)
			http_gzip(s->block.text, s->block.length, &part->body);
	}
	spool_rows_close(rows);
	return done;
}

static bool fill_parts(struct ship *s, struct spool_part parts[SPOOL_TABLES], struct err *err)
{
	bool done = spool_begin_reading(s->store, err);
	bool reads = done;

	for (int i = 0; done && i < SPOOL_TABLES; i++)
		done = fill_part(s, (enum spool_table)i, &parts[i], err);
	return (!reads || spool_end_reading(s->store, done ? err : &(struct err){0})) && done;
}

static int64_t batch_rows(const struct ship *s)
{
	return s->o->batch > 0 ? s->o->batch : BATCH_ROWS;
}

/* Puts the next batch together, and keeps it before it is sent. */
static bool make_batch(struct ship *s, struct err *err)
{
	struct spool_part parts[SPOOL_TABLES] = {{0}};
	int64_t rows = 0;
	bool done = spool_take(s->store, batch_rows(s), err) && fill_parts(s, parts, err);

	for (int i = 0; i < SPOOL_TABLES; i++)
		rows += parts[i].rows;
	if (done)
		done = rows ? spool_keep(s->store, parts, err) : spool_sent(s->store, NULL, err);
	for (int i = 0; i < SPOOL_TABLES; i++)
		strbuf_fini(&parts[i].body);
	return done;
}

/* One request.  That which a process before this one has begun may still run: its end is waited for. */
static bool insert(struct ship *s, const struct http_request *request, struct err *err)
{
	int64_t until_ns = clock_plus(clock_monotonic_ns(), RUNS_MOST_S * NS_PER_S);

	while (!http_post(s->o->http, request, NULL, err)) {
		if (http_refusal(s->o->http) != HTTP_RUNS_ALREADY || stops(s) || clock_monotonic_ns() > until_ns)
			return false;
		nap(s, NAP_MS * NS_PER_MS);
	}
	return true;
}

static bool send_part(struct ship *s, const struct spool *spool, struct err *err)
{
	const struct spool_part *part = &s->part;
	struct strbuf statement = {0}, id = {0};

	statement_of(part->table, "ship_insert", &statement);
	/* the same name whenever it is tried, so that it does not run twice at once */
	strbuf_addf(&id, "lastack-%s-%lld-%lld-%s", spool->sensor, (long long)spool->database, (long long)part->batch,
		spool_table_names[part->table]);
	/* a Distributed table says that it has the rows when its shards have them */
	const char *const settings[] = {"query_id", id.text, "insert_distributed_sync", "1", NULL};
	bool done = insert(s,
		&(struct http_request){.query = statement.text,
			.settings = settings,
			.body = part->body.text,
			.length = part->body.length,
			.gzipped = true},
		err);
	strbuf_fini(&statement);
	strbuf_fini(&id);
	if (!done || !spool_sent(s->store, part, err))
		return false;
	s->result->rows += part->rows;
	s->result->bytes += (int64_t)part->body.length;
	return true;
}

static bool learn(struct ship *s, struct err *err)
{
	for (int i = 0; !s->learned && i < SPOOL_TABLES; i++)
		if (!learn_table(s, (enum spool_table)i, err))
			return false;
	s->learned = true;
	return true;
}

/* Sends a batch, that which was begun or the next one.  *rows: of it, 0 when nothing waits. */
static bool ship_batch(struct ship *s, int64_t *rows, struct err *err)
{
	struct spool spool;
	int64_t before = s->result->rows;
	bool found;

	*rows = 0;
	if (!spool_look(s->store, 1, &spool, err))
		return false;
	if (!spool.sending && !spool.waiting)
		return true;
	if (!learn(s, err) || (!spool.sending && !make_batch(s, err)))
		return false;
	for (;;) {
		if (!spool_part(s->store, &s->part, &found, err))
			return false;
		if (!found)
			break;
		/* the table was changed since: the octets do not fit it any more */
		if (s->part.layout != s->tables[s->part.table].layout && !make_batch(s, err))
			return false;
		if (s->part.layout == s->tables[s->part.table].layout && !send_part(s, &spool, err))
			return false;
	}
	*rows = s->result->rows - before;
	s->result->batches += *rows > 0;
	return true;
}

/* --- beginning and following ----------------------------------------------------------------------- */

static bool begin(struct ship *s, struct err *err)
{
	const char *place = http_place(s->o->http), *sensor = s->o->sensor, *path = store_path(s->store);
	struct spool spool;
	char host[SPOOL_SENSOR] = "";

	if (!spool_look(s->store, 0, &spool, err))
		return false;
	if (spool.begun && !s->o->again && strcmp(place, spool.place))
		return err_set(err, ERR_USAGE, "%s: goes to %s so far (--again sends all of it anew, to %s)", path,
			spool.place, place);
	if (spool.begun && !s->o->again && sensor && strcmp(sensor, spool.sensor))
		return err_set(err, ERR_USAGE,
			"%s: goes there as sensor '%s' so far (--again sends all of it anew, as '%s')", path,
			spool.sensor, sensor);
	if (spool.begun && !s->o->again)
		return true;
	gethostname(host, sizeof host - 1);
	sensor = sensor ? sensor : spool.begun ? spool.sensor : host;
	if (strlen(place) >= SPOOL_PLACE || strlen(sensor) >= SPOOL_SENSOR || !*sensor)
		return err_set(err, ERR_USAGE, "--sensor '%s': no name of 1 to %d octets", sensor, SPOOL_SENSOR - 1);
	return spool_begin(s->store, place, sensor, err);
}

/* Each failure once, until it works again. */
static void tell_failure(struct ship *s, const struct err *err)
{
	struct err line = *err;

	if (s->failing && !strcmp(s->told.text, err->text))
		return;
	s->told = *err;
	s->failing = true;
	strncat(line.text, "; what is not sent waits", sizeof line.text - strlen(line.text) - 1);
	s->o->say(s->o->context, line.text);
}

static void tell_success(struct ship *s, int64_t rows)
{
	struct err line;

	if (!s->failing || !rows)
		return;
	s->failing = false;
	err_set(&line, ERR_NONE, "%s: takes rows again", http_place(s->o->http));
	s->o->say(s->o->context, line.text);
}

static void follow(struct ship *s)
{
	int64_t back_off_s = 1, rows;
	struct err err;

	while (!stops(s)) {
		if (ship_batch(s, &rows, &err)) {
			back_off_s = 1;
			tell_success(s, rows);
			if (rows < batch_rows(s))
				nap(s, s->o->every_ns > 0 ? s->o->every_ns : EVERY_S * NS_PER_S);
			continue;
		}
		if (stops(s))
			break;
		s->learned = false;
		s->result->failures++;
		tell_failure(s, &err);
		nap(s, back_off_s * NS_PER_S);
		back_off_s = back_off_s * 2 > BACK_OFF_MOST_S ? BACK_OFF_MOST_S : back_off_s * 2;
	}
}

static bool ship_all(struct ship *s, struct err *err)
{
	int64_t rows;

	do {
		if (!ship_batch(s, &rows, err)) {
			s->result->failures++;
			return false;
		}
	} while (rows && !stops(s));
	return true;
}

bool ship(struct store *store, const struct ship_options *options, struct ship_result *result, struct err *err)
{
	struct ship s = {.store = store, .o = options, .result = result};
	struct spool spool;

	*result = (struct ship_result){0};
	if (!begin(&s, err))
		return false;
	bool done = options->follow || ship_all(&s, err);
	if (options->follow)
		follow(&s);
	if (spool_look(store, SPOOL_COUNTED, &spool, &(struct err){0})) {
		result->waiting = spool.waiting;
		result->dropped = spool.dropped;
	}
	for (int i = 0; i < SPOOL_TABLES; i++) {
		strbuf_fini(&s.tables[i].told);
		native_free(s.tables[i].native);
	}
	strbuf_fini(&s.part.body);
	strbuf_fini(&s.block);
	return done;
}
