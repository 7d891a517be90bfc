/* query: see query.h.  The texts are schema/queries/connections.sql and its neighbours. */
#include "store/query.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "store/internal.h"
#include "store/sql.h"

struct query {
	struct store *store;
	sqlite3_stmt *statement;
	int columns[RECORD_COLUMNS]; /* column of the result, by column of the record; -1: not in the result */
	int codes;                   /* column of the result */
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

/* What a name in braces stands for: {order}, or another query. */
static bool fill_query(struct strbuf *text, const char *name, const void *context)
{
	const struct query_filter *filter = context;

	if (!strcmp(name, "order"))
		add_order(text, filter);
	else if (!strcmp(name, "ids"))
		strbuf_add(text, sql_query(filter->ids ? "listed" : "between"));
	else
		sql_fill(text, sql_query(!strcmp(name, "anomaly_fits") && filter->id ? "anomaly_of" : name), fill_query,
			context);
	return true;
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

/* The severities from this one on, as a JSON array; SEVERITY_INFO: any. */
static int bind_severity(struct query *query, enum severity least)
{
	struct strbuf words = {0};

	if (least == SEVERITY_INFO)
		return SQLITE_OK;
	for (int i = (int)least; i < SEVERITIES; i++)
		strbuf_addf(&words, "%c\"%s\"", words.length ? ',' : '[', severity_words[i]);
	strbuf_add_char(&words, ']');
	int result = bind_text(query, ":severity", words.text);
	strbuf_fini(&words);
	return result;
}

static bool bind_filter(struct query *query, const struct query_filter *filter)
{
	int failed = 0;

	if (filter->host_set) {
		failed |= sqlite3_bind_blob(query->statement, parameter(query, ":host"), filter->host.octet,
			sizeof filter->host.octet, SQLITE_TRANSIENT);
		failed |= bind_number(query, ":host_bits", filter->host_bits, -1);
	}
	failed |= bind_number(query, ":withdrawn", filter->withdrawn, false);
	if (filter->ids) {
		failed |= bind_text(query, ":ids", filter->ids);
	} else {
		failed |= bind_number(query, ":lowest_id", filter->id ? filter->id : filter->above_id + 1, INT64_MIN);
		failed |= bind_number(query, ":highest_id", filter->id ? filter->id : INT64_MAX, INT64_MIN);
	}
	failed |= bind_number(query, ":over", filter->over, false);
	failed |= bind_number(query, ":first_capture", filter->first_capture, 0);
	failed |= bind_number(query, ":port", filter->port, 0);
	failed |= bind_text(query, ":state", filter->state);
	failed |= bind_text(query, ":initiator_state", filter->initiator_state);
	failed |= bind_text(query, ":responder_state", filter->responder_state);
	failed |= bind_text(query, ":outcome", filter->outcome);
	failed |= bind_number(query, ":open", filter->open, false);
	failed |= bind_text(query, ":anomaly", filter->anomaly);
	failed |= bind_severity(query, filter->severity);
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
		const char *name = sqlite3_column_name(query->statement, i);
		int column = record_column_find(name);

		if (!strcmp(name, "codes"))
			query->codes = i;
		if (column >= 0)
			query->columns[column] = i;
	}
}

bool store_make_functions(struct store *store)
{
	if (!store->has_functions)
		store->has_functions = sqlite3_create_function_v2(store->db, "in_prefix", 3,
					       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, in_prefix,
					       NULL, NULL, NULL) == SQLITE_OK;
	return store->has_functions;
}

static struct query *prepare(struct store *store, const char *name, const struct query_filter *filter, struct err *err)
{
	struct query *query = mem_new(1, sizeof *query);
	struct strbuf text = {0};

	query->store = store;
	sql_fill(&text, sql_query(name), fill_query, filter);
	bool done = store_make_functions(store) &&
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

	if (!query)
		return NULL;
	plan_columns(query);
	bind_number(query, ":codes", filter->codes, false);
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

const char *query_codes(const struct query *query)
{
	return (const char *)sqlite3_column_text(query->statement, query->codes);
}

/* --- anomalies ----------------------------------------------------------------------------------- */

bool query_asks_for_one(const struct query_filter *f)
{
	return f->state || f->initiator_state || f->responder_state || f->outcome || f->open || f->min_duration_us ||
	       f->country || f->asn || f->id;
}

static struct query *prepare_anomalies(
	struct store *store, const char *name, const struct query_filter *filter, struct err *err)
{
	struct query *query = prepare(store, name, filter, err);

	if (query && !filter->id)
		bind_number(query, ":any", !query_asks_for_one(filter), -1);
	return query;
}

struct query *query_anomalies(struct store *store, const struct query_filter *filter, struct err *err)
{
	return prepare_anomalies(store, "anomalies", filter, err);
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
	if (!record->code || !record->severity || !record->confidence || !record->evidence ||
		!json_is_flat(record->evidence))
		return err_set(err, ERR_FAILED, "%s: damaged: anomaly %lld lacks its words, or its evidence",
			query->store->path, (long long)record->id);
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

/* --- counted anomalies ----------------------------------------------------------------------------- */

/* A row of overview.sql. */
struct counted {
	const char *severity, *code, *responder, *port, *initiator; /* NULL: not known */
	int64_t count, first_ns, last_ns;
};

static void read_counted(sqlite3_stmt *s, struct counted *row)
{
	const char **texts[] = {&row->severity, &row->code, &row->responder, &row->port, &row->initiator};

	for (int i = 0; i < 5; i++)
		*texts[i] = (const char *)sqlite3_column_text(s, i);
	row->severity = row->severity ? row->severity : "";
	row->code = row->code ? row->code : "";
	row->count = sqlite3_column_int64(s, 5);
	row->first_ns = sqlite3_column_int64(s, 6);
	row->last_ns = sqlite3_column_int64(s, 7);
}

/* What one group needs while its rows come, one service after the other. */
struct grouping {
	char service[ADDR_TEXT + 10];
	int64_t at_service; /* rows of it so far */
	bool several;       /* initiators */
};

static void name_service(const struct counted *row, char service[ADDR_TEXT + 10])
{
	const char *ip = row->responder ? row->responder : "*";

	*service = '\0';
	if (row->responder && !row->port)
		snprintf(service, ADDR_TEXT + 10, "%s", ip);
	else if (row->port)
		snprintf(service, ADDR_TEXT + 10, strchr(ip, ':') ? "[%s]:%s" : "%s:%s", ip, row->port);
}

static struct anomaly_group *begin_group(struct anomaly_overview *o, const struct counted *row)
{
	o->groups = mem_grow(o->groups, (size_t)(o->count + 1) * sizeof *o->groups);
	struct anomaly_group *group = &o->groups[o->count++];

	*group = (struct anomaly_group){.first_ns = row->first_ns, .last_ns = row->last_ns};
	snprintf(group->severity, sizeof group->severity, "%s", row->severity);
	snprintf(group->code, sizeof group->code, "%s", row->code);
	snprintf(group->initiator, sizeof group->initiator, "%s", row->initiator ? row->initiator : "");
	return group;
}

static void add_counted(struct anomaly_group *group, struct grouping *so_far, const struct counted *row)
{
	char service[ADDR_TEXT + 10];

	name_service(row, service);
	if (!group->count || strcmp(service, so_far->service)) {
		group->services += *service != '\0';
		so_far->at_service = 0;
		memcpy(so_far->service, service, sizeof service);
	}
	so_far->at_service += row->count;
	if (*service && so_far->at_service > group->at_service) {
		group->at_service = so_far->at_service;
		memcpy(group->service, service, sizeof service);
	}
	if (strcmp(group->initiator, row->initiator ? row->initiator : ""))
		*group->initiator = '\0';
	group->count += row->count;
	if (row->first_ns < group->first_ns)
		group->first_ns = row->first_ns;
	if (row->last_ns > group->last_ns)
		group->last_ns = row->last_ns;
}

static int by_severity(const void *a, const void *b)
{
	const struct anomaly_group *x = a, *y = b;
	int worse = (int)severity_from_word(y->severity) - (int)severity_from_word(x->severity);

	if (worse)
		return worse;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->code, y->code);
}

bool query_overview(
	struct store *store, const struct query_filter *filter, struct anomaly_overview *overview, struct err *err)
{
	struct query *query = prepare_anomalies(store, "overview", filter, err);
	struct anomaly_group *group = NULL;
	struct grouping so_far;
	struct counted row;

	*overview = (struct anomaly_overview){0};
	if (!query)
		return false;
	while (step(query, err)) {
		read_counted(query->statement, &row);
		if (!group || strcmp(group->severity, row.severity) || strcmp(group->code, row.code))
			group = begin_group(overview, &row);
		add_counted(group, &so_far, &row);
	}
	query_close(query);
	if (overview->count)
		qsort(overview->groups, (size_t)overview->count, sizeof *overview->groups, by_severity);
	return err->code == ERR_NONE;
}

void query_overview_fini(struct anomaly_overview *overview)
{
	free(overview->groups);
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

bool query_count(struct store *store, const struct query_filter *filter, int64_t *count, struct err *err)
{
	struct query *query = prepare(store, "count", filter, err);

	*count = 0;
	if (!query)
		return false;
	bool counted = step(query, err);
	if (counted)
		*count = sqlite3_column_int64(query->statement, 0);
	query_close(query);
	return counted;
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

bool query_last_watch(struct store *store, struct query_watch *watch)
{
	struct err ignored;
	sqlite3_stmt *statement = store_statement(store, STATEMENT_LAST_WATCH, &ignored);

	if (!statement)
		return false;
	bool found = sqlite3_step(statement) == SQLITE_ROW;
	if (found) {
		snprintf(watch->source, sizeof watch->source, "%s", (const char *)sqlite3_column_text(statement, 0));
		watch->packets = sqlite3_column_int64(statement, 1);
		watch->kernel_drops = sqlite3_column_int64(statement, 2);
		watch->interface_drops = sqlite3_column_int64(statement, 3);
	}
	sqlite3_reset(statement);
	return found;
}
