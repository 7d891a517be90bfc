/* query: see query.h.  The texts are schema/queries/connections.sql and its neighbours. */
#include "store/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "store/internal.h"
#include "store/sql.h"

struct query {
	struct store *store;
	sqlite3_stmt *statement;
	int columns[RECORD_COLUMNS]; /* column of the result, by column of the record; -1: not in
					the result */
};

void query_filter_clear(struct query_filter *filter)
{
	memset(filter, 0, sizeof *filter);
	filter->since_ns = filter->before_ns = CLOCK_NONE;
	filter->sort_column = -1;
}

/* --- the statement ------------------------------------------------------------------------------- */

/* SQL function in_prefix(address as text, sixteen octets, bits). */
static void in_prefix(sqlite3_context *context, int count, sqlite3_value **values)
{
	const unsigned char *text = sqlite3_value_text(values[0]);
	struct addr address, prefix;
	bool inside = false;

	(void)count;
	if (text && sqlite3_value_bytes(values[1]) == sizeof prefix.octet && addr_parse((const char *)text, &address)) {
		prefix = addr_from_v6(sqlite3_value_blob(values[1]));
		inside = addr_in_prefix(&address, &prefix, (unsigned)sqlite3_value_int(values[2]));
	}
	sqlite3_result_int(context, inside);
}

/* Ids need no second term, and NULL is last either way. */
static void add_order(struct strbuf *text, const struct query_filter *filter)
{
	const char *direction = filter->descending ? "DESC" : "ASC";

	if (filter->sort_column > RECORD_COLUMN_id && filter->sort_column < RECORD_COLUMNS)
		strbuf_addf(text, "%s %s NULLS LAST, ", record_columns[filter->sort_column].name, direction);
	strbuf_addf(text, "id %s", direction);
}

/* A query with what stands in braces filled in. */
static void add_text(struct strbuf *text, const char *name, const struct query_filter *filter)
{
	const char *at = sql_query(name), *slot;

	for (; (slot = strchr(at, '{')); at = strchr(slot, '}') + 1) {
		strbuf_add_n(text, at, (size_t)(slot - at));
		if (!strncmp(slot, "{fits}", 6))
			strbuf_add(text, sql_query("fits"));
		else
			add_order(text, filter);
	}
	strbuf_add(text, at);
}

static int parameter(struct query *query, const char *name)
{
	int index = sqlite3_bind_parameter_index(query->statement, name);

	assert(index);
	return index;
}

static int bind_number(struct query *query, const char *name, int64_t number, int64_t any)
{
	return number == any ? SQLITE_OK : sqlite3_bind_int64(query->statement, parameter(query, name), number);
}

/* The caller of query_connections may let go of the text. */
static int bind_text(struct query *query, const char *name, const char *text)
{
	return text ? sqlite3_bind_text(query->statement, parameter(query, name), text, -1, SQLITE_TRANSIENT)
		    : SQLITE_OK;
}

static bool bind_filter(struct query *query, const struct query_filter *filter)
{
	int failed = 0;

	if (filter->host_set) {
		failed |= sqlite3_bind_blob(query->statement, parameter(query, ":host"), filter->host.octet,
			sizeof filter->host.octet, SQLITE_TRANSIENT);
		failed |= bind_number(query, ":host_bits", filter->host_bits, -1);
	}
	failed |= bind_number(query, ":lowest_id", filter->id ? filter->id : INT64_MIN, 0);
	failed |= bind_number(query, ":highest_id", filter->id ? filter->id : INT64_MAX, 0);
	failed |= bind_number(query, ":first_capture", filter->first_capture, 0);
	failed |= bind_number(query, ":port", filter->port, 0);
	failed |= bind_text(query, ":state", filter->state);
	failed |= bind_text(query, ":initiator_state", filter->initiator_state);
	failed |= bind_text(query, ":responder_state", filter->responder_state);
	failed |= bind_text(query, ":outcome", filter->outcome);
	failed |= bind_number(query, ":open", filter->open, false);
	failed |= bind_text(query, ":anomaly", filter->anomaly);
	failed |= bind_number(query, ":since_ns", filter->since_ns, CLOCK_NONE);
	failed |= bind_number(query, ":before_ns", filter->before_ns, CLOCK_NONE);
	failed |= bind_number(query, ":min_duration_us", filter->min_duration_us, 0);
	failed |= bind_text(query, ":country", filter->country);
	failed |= bind_number(query, ":asn", filter->asn, 0);
	failed |= bind_number(query, ":limit", filter->limit ? filter->limit : -1, 0);
	return !failed;
}

/* By name: a later schema may add columns anywhere. */
static void plan_columns(struct query *query)
{
	for (int i = 0; i < RECORD_COLUMNS; i++)
		query->columns[i] = -1;
	for (int i = 0; i < sqlite3_column_count(query->statement); i++) {
		int column = record_column_find(sqlite3_column_name(query->statement, i));

		if (column >= 0)
			query->columns[column] = i;
	}
}

static struct query *prepare(struct store *store, const char *name, const struct query_filter *filter, struct err *err)
{
	struct query *query = mem_new(1, sizeof *query);
	struct strbuf text = {0};

	query->store = store;
	add_text(&text, name, filter);
	bool done = sqlite3_create_function_v2(store->db, "in_prefix", 3,
			    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, in_prefix, NULL, NULL,
			    NULL) == SQLITE_OK &&
		    sqlite3_prepare_v2(store->db, text.text, -1, &query->statement, NULL) == SQLITE_OK &&
		    bind_filter(query, filter);
	strbuf_fini(&text);
	if (!done) {
		store_failed(store, err);
		query_close(query);
		return NULL;
	}
	return query;
}

struct query *query_connections(struct store *store, const struct query_filter *filter, struct err *err)
{
	struct query *query = prepare(store, "connections", filter, err);

	if (query)
		plan_columns(query);
	return query;
}

/* --- rows ---------------------------------------------------------------------------------------- */

/* One value into the record.  False when it is no value of its column, which only a damaged file
 * has. */
static bool take_value(struct query *query, struct conn_record *record, int column)
{
	void *at = (char *)record + record_columns[column].offset;
	int from = query->columns[column];
	const char *text;

	if (from < 0 || sqlite3_column_type(query->statement, from) == SQLITE_NULL)
		return record_columns[column].kind != RECORD_ADDR;
	switch (record_columns[column].kind) {
	case RECORD_INT:
	case RECORD_FLAG:
		*(int64_t *)at = sqlite3_column_int64(query->statement, from);
		break;
	case RECORD_REAL:
		*(double *)at = sqlite3_column_double(query->statement, from);
		break;
	case RECORD_ADDR:
		text = (const char *)sqlite3_column_text(query->statement, from);
		return text && addr_parse(text, at);
	case RECORD_WORD:
	case RECORD_TEXT:
		*(const char **)at = (const char *)sqlite3_column_text(query->statement, from);
		break;
	}
	return true;
}

/* To the next row; false at the end, err->code ERR_NONE. */
static bool step(struct query *query, struct err *err)
{
	switch (sqlite3_step(query->statement)) {
	case SQLITE_ROW:
		return true;
	case SQLITE_DONE:
		err->code = ERR_NONE;
		return false;
	default:
		return store_failed(query->store, err);
	}
}

bool query_next(struct query *query, struct conn_record *record, struct err *err)
{
	if (!step(query, err))
		return false;
	record_clear(record);
	for (int i = 0; i < RECORD_COLUMNS; i++)
		if (!take_value(query, record, i))
			return err_set(err, ERR_FAILED, "%s: damaged: connection %lld has no valid %s",
				query->store->path, (long long)record->id, record_columns[i].name);
	return true;
}

/* --- anomalies ----------------------------------------------------------------------------------- */

/* Does it ask for certain connections? */
static bool asks_for_some(const struct query_filter *f)
{
	return f->host_set || f->port || f->state || f->initiator_state || f->responder_state || f->outcome ||
	       f->open || f->since_ns != CLOCK_NONE || f->before_ns != CLOCK_NONE || f->min_duration_us || f->country ||
	       f->asn || f->id;
}

struct query *query_anomalies(struct store *store, const struct query_filter *filter, struct err *err)
{
	struct query *query = prepare(store, "anomalies", filter, err);

	if (query)
		bind_number(query, ":any", !asks_for_some(filter), -1);
	return query;
}

static int64_t take_number(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL ? CLOCK_NONE
								     : sqlite3_column_int64(statement, column);
}

bool query_next_anomaly(struct query *query, struct anomaly_record *record, struct err *err)
{
	sqlite3_stmt *s = query->statement;
	enum {
		ID,
		CONNECTION,
		CAPTURE,
		TIME,
		CODE,
		SIDE,
		SEVERITY,
		CONFIDENCE,
		COUNT,
		FIRST,
		LAST,
		WITHDRAWN,
		EVIDENCE,
		PACKET,
		ENDS
	};

	if (!step(query, err))
		return false;
	*record = (struct anomaly_record){
		.id = take_number(s, ID),
		.connection_id = take_number(s, CONNECTION),
		.capture_id = take_number(s, CAPTURE),
		.time_ns = take_number(s, TIME),
		.code = (const char *)sqlite3_column_text(s, CODE),
		.side = (const char *)sqlite3_column_text(s, SIDE),
		.severity = (const char *)sqlite3_column_text(s, SEVERITY),
		.confidence = (const char *)sqlite3_column_text(s, CONFIDENCE),
		.count = take_number(s, COUNT),
		.first_ns = take_number(s, FIRST),
		.last_ns = take_number(s, LAST),
		.withdrawn_ns = take_number(s, WITHDRAWN),
		.evidence = (const char *)sqlite3_column_text(s, EVIDENCE),
		.packet = take_number(s, PACKET),
	};
	for (int side = 0; side < SIDES && record->connection_id != CLOCK_NONE; side++) {
		const char *ip = (const char *)sqlite3_column_text(s, ENDS + 2 * side);

		if (!ip || !addr_parse(ip, &record->ip[side]))
			return err_set(err, ERR_FAILED, "%s: damaged: anomaly %lld has no valid address",
				query->store->path, (long long)record->id);
		record->port[side] = (uint16_t)sqlite3_column_int(s, ENDS + 2 * side + 1);
	}
	return true;
}

void query_close(struct query *query)
{
	if (!query)
		return;
	sqlite3_finalize(query->statement);
	free(query);
}

/* --- counts -------------------------------------------------------------------------------------- */

bool query_count_outcomes(struct store *store, int64_t first_capture, int64_t counts[OUTCOMES], struct err *err)
{
	sqlite3_stmt *statement = store_statement(store, STATEMENT_OUTCOMES, err);
	int result;

	memset(counts, 0, OUTCOMES * sizeof *counts);
	if (!statement)
		return false;
	sqlite3_bind_int64(statement, 1, first_capture);
	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *word = (const char *)sqlite3_column_text(statement, 0);
		enum outcome outcome = word ? outcome_from_word(word) : OUTCOMES;

		if (outcome < OUTCOMES)
			counts[outcome] += sqlite3_column_int64(statement, 1);
	}
	if (result != SQLITE_DONE)
		store_failed(store, err);
	sqlite3_reset(statement);
	return result == SQLITE_DONE;
}

bool query_id_range(struct store *store, int64_t *lowest, int64_t *highest)
{
	struct err ignored;
	sqlite3_stmt *statement = store_statement(store, STATEMENT_ID_RANGE, &ignored);
	bool found;

	if (!statement)
		return false;
	found = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
	if (found) {
		*lowest = sqlite3_column_int64(statement, 0);
		*highest = sqlite3_column_int64(statement, 1);
	}
	sqlite3_reset(statement);
	return found;
}
