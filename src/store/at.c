/* at: see at.h.  The text is schema/queries/at.sql. */
#include "store/at.h"

#include <stdlib.h>
#include <string.h>

#include "store/index.h"
#include "store/internal.h"
#include "store/sql.h"

struct at {
	struct store *store;
	struct at_request request;
	sqlite3_stmt *statement;
};

/* The columns of at.sql. */
enum {
	ID,
	FIRST,
	LAST,
	STATE, /* with basis and since; of the responder three further */
	TIME_WAIT_ENDS = STATE + 6,
	TIMELINE,
	IP, /* with port; of the responder two further */
	OUTCOME = IP + 4,
};

/* --- the statement --------------------------------------------------------------------------------- */

struct slots {
	const struct at_request *request;
	bool by_moment;
};

static bool fill(struct strbuf *text, const char *name, const void *context)
{
	const struct slots *slots = context;

	if (!strcmp(name, "who"))
		strbuf_add(text, slots->request->count ? "" : sql_query("at_who"));
	else if (!strcmp(name, "by_moment"))
		strbuf_add(text, slots->by_moment ? sql_query("by_moment") : "");
	else
		return question_fill(text, name, slots->request->filter);
	return true;
}

struct at *at_open(struct store *store, const struct at_request *request, struct err *err)
{
	struct at *at = mem_new(1, sizeof *at);
	struct strbuf text = {0};
	struct slots slots = {request, !store_lacks_indexes(store, "connection_moment")};

	at->store = store;
	at->request = *request;
	sql_fill(&text, sql_query("at"), fill, &slots);
	bool done = store_make_functions(store) &&
		    sqlite3_prepare_v2(store->db, text.text, -1, &at->statement, NULL) == SQLITE_OK &&
		    sqlite3_bind_int64(at->statement, sqlite3_bind_parameter_index(at->statement, ":at_ns"),
			    request->at_ns) == SQLITE_OK &&
		    sqlite3_bind_int64(at->statement, sqlite3_bind_parameter_index(at->statement, ":watched_ns"),
			    request->watched_ns) == SQLITE_OK &&
		    question_bind_filter(at->statement, request->filter);
	strbuf_fini(&text);
	if (done)
		return at;
	store_failed(store, err);
	at_close(at);
	return NULL;
}

void at_close(struct at *at)
{
	if (!at)
		return;
	sqlite3_finalize(at->statement);
	free(at);
}

/* --- rows ------------------------------------------------------------------------------------------ */

static int64_t number(const struct at *at, int column)
{
	return sqlite3_column_type(at->statement, column) == SQLITE_NULL ? CLOCK_NONE
									 : sqlite3_column_int64(at->statement, column);
}

static const char *text(const struct at *at, int column)
{
	return (const char *)sqlite3_column_text(at->statement, column);
}

static void take_states(const struct at *at, struct at_row *row)
{
	const char *timeline = text(at, TIMELINE);

	if (timeline)
		moment_from_timeline(timeline, row->first_ns, at->request.at_ns, row->side);
	for (int side = 0; side < SIDES && !timeline; side++) {
		int column = STATE + 3 * side;

		row->side[side] = moment_from_columns(text(at, column), text(at, column + 1), number(at, column + 2));
	}
	for (int side = 0; side < SIDES; side++)
		moment_run_timer(&row->side[side], row->time_wait_ends_ns, at->request.at_ns);
}

/* Silent for so long that lastack stops waiting: what it left is no news of this moment. */
static bool is_given_up(const struct at *at, const struct at_row *row)
{
	bool half_open = true;

	for (int side = 0; side < SIDES; side++)
		half_open = half_open &&
			    (row->side[side].state == TCP_SYN_SENT || row->side[side].state == TCP_SYN_RECEIVED ||
				    row->side[side].state == TCP_CLOSED || row->side[side].state == TCP_UNKNOWN);
	return clock_since(at->request.at_ns, row->last_ns) >
	       (half_open ? at->request.half_open_ns : at->request.idle_ns);
}

static bool has_state(const struct moment *side, const char *name)
{
	return side->state != TCP_UNKNOWN && !strcmp(state_words[side->state].name, name);
}

static bool fits(const struct query_filter *f, const struct at_row *row)
{
	const struct moment *i = &row->side[INITIATOR], *r = &row->side[RESPONDER];

	return (!f->state || has_state(i, f->state) || has_state(r, f->state)) &&
	       (!f->initiator_state || has_state(i, f->initiator_state)) &&
	       (!f->responder_state || has_state(r, f->responder_state));
}

/* False with *err: not an address, which only a damaged file has. */
static bool take_ends(const struct at *at, struct at_row *row, struct err *err)
{
	for (int side = 0; side < SIDES; side++) {
		const char *ip = text(at, IP + 2 * side);

		if (!ip || !addr_parse(ip, &row->ip[side]))
			return err_set(err, ERR_FAILED, "%s: damaged: connection %lld has no valid address",
				at->store->path, (long long)row->id);
		row->port[side] = number(at, IP + 2 * side + 1);
	}
	row->outcome = text(at, OUTCOME);
	return true;
}

bool at_next(struct at *at, struct at_row *row, struct err *err)
{
	int result;

	while ((result = sqlite3_step(at->statement)) == SQLITE_ROW) {
		*row = (struct at_row){.id = number(at, ID),
			.first_ns = number(at, FIRST),
			.last_ns = number(at, LAST),
			.time_wait_ends_ns = number(at, TIME_WAIT_ENDS)};
		take_states(at, row);
		if (!moment_is_there(row->side) || is_given_up(at, row) || !fits(at->request.filter, row))
			continue;
		if (row->side[INITIATOR].state != TCP_TIME_WAIT && row->side[RESPONDER].state != TCP_TIME_WAIT)
			row->time_wait_ends_ns = CLOCK_NONE;
		return at->request.count || take_ends(at, row, err);
	}
	if (result != SQLITE_DONE)
		return store_failed(at->store, err);
	err->code = ERR_NONE;
	return false;
}

/* --- what was captured ------------------------------------------------------------------------------ */

bool at_span(struct store *store, int64_t at_ns, struct at_span *span, struct err *err)
{
	struct at at = {.store = store};
	bool done = sqlite3_prepare_v2(store->db, sql_query("at_span"), -1, &at.statement, NULL) == SQLITE_OK &&
		    sqlite3_bind_int64(at.statement, 1, at_ns) == SQLITE_OK && sqlite3_step(at.statement) == SQLITE_ROW;

	if (done)
		*span = (struct at_span){number(&at, 0), number(&at, 1) == 1, number(&at, 2), number(&at, 3)};
	else
		store_failed(store, err);
	sqlite3_finalize(at.statement);
	return done;
}
