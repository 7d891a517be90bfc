/* cmd_at: lastack at TIME: the connection table of a past moment. */
#include <stddef.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/indexes.h"
#include "cli/output.h"
#include "store/at.h"
#include "track/flow.h"

enum {
	COLUMN_ID,
	COLUMN_INITIATOR,
	COLUMN_RESPONDER,
	COLUMN_STATE, /* with its basis; of the responder two further */
	COLUMN_FOR = COLUMN_STATE + 2 * SIDES,
	COLUMN_AGE,
	COLUMN_OUTCOME,
	COLUMN_SINCE, /* with when it was proved; of the responder two further */
	COLUMN_TIME_WAIT_ENDS = COLUMN_SINCE + 2 * SIDES,
	COLUMNS
};

static const struct answer_column columns[COLUMNS] = {
	[COLUMN_ID] = {"id", "ID", ANSWER_ID, 0, "the connection"},
	[COLUMN_INITIATOR] = {"initiator", "INITIATOR", ANSWER_ENDPOINT, 0, "who opened it"},
	[COLUMN_RESPONDER] = {"responder", "RESPONDER", ANSWER_ENDPOINT, 0, "who answered"},
	[COLUMN_STATE] = {"initiator_state", "I STATE", ANSWER_STATE, 0, "its state then"},
	{"initiator_basis", "-", ANSWER_BASIS, 0, "how that was known"},
	{"responder_state", "R STATE", ANSWER_STATE, 0, "its state then"},
	{"responder_basis", "-", ANSWER_BASIS, 0, "how that was known"},
	[COLUMN_FOR] = {"for_us", "FOR", ANSWER_SPAN, 2, "how long it had been in this pair of states"},
	[COLUMN_AGE] = {"age_us", "AGE", ANSWER_SPAN, 1, "since its first segment"},
	[COLUMN_OUTCOME] = {"outcome", "BECAME", ANSWER_TEXT, 3, "how it ended later, or that it has not"},
	[COLUMN_SINCE] = {"initiator_since_ns", "-", ANSWER_HIDDEN, 0, "when the state was entered"},
	{"initiator_proved_ns", "-", ANSWER_HIDDEN, 0, "when it was proved, later"},
	{"responder_since_ns", "-", ANSWER_HIDDEN, 0, "when the state was entered"},
	{"responder_proved_ns", "-", ANSWER_HIDDEN, 0, "when it was proved, later"},
	[COLUMN_TIME_WAIT_ENDS] = {"time_wait_ends_ns", "-", ANSWER_HIDDEN, 0, "when its TIME-WAIT is over"},
};

static struct answer_value number_or_none(int64_t number)
{
	return (struct answer_value){.is = number == CLOCK_NONE ? ANSWER_IS_NONE : ANSWER_IS_NUMBER, .number = number};
}

static struct answer_value text_or_none(const char *text)
{
	return (struct answer_value){.is = text ? ANSWER_IS_TEXT : ANSWER_IS_NONE, .text = text};
}

/* --- when ------------------------------------------------------------------------------------------- */

/* +SPAN counts from the first packet. */
static bool take_time(struct store *store, const char *text, int64_t *at_ns, struct at_span *span, struct err *err)
{
	if (*text != '+')
		return options_time("at", text, clock_wall_ns(), at_ns, err) && at_span(store, *at_ns, span, err);
	if (!clock_parse_span(text + 1, at_ns))
		return err_set(err, ERR_USAGE, "at '%s': not a span of time (+30, +250ms, +15m)", text);
	if (!at_span(store, 0, span, err))
		return false;
	if (span->first_ns == CLOCK_NONE)
		return err_set(err, ERR_FAILED, "at %s: %s has no packet to count from", text, store_path(store));
	*at_ns = clock_plus(span->first_ns, *at_ns);
	return at_span(store, *at_ns, span, err);
}

/* What nobody captured is not known: said, and where there was a capture before, told as of its end. */
static void say_uncovered(const struct at_span *span)
{
	char before[CLOCK_TEXT], after[CLOCK_TEXT];

	if (span->before_ns != CLOCK_NONE)
		log_note("nothing was captured then: the last packet before is of %s, and since then only timers count",
			clock_print(span->before_ns, 9, before));
	else if (span->after_ns != CLOCK_NONE)
		log_note("nothing was captured then: the first packet is of %s", clock_print(span->after_ns, 9, after));
	else
		log_note("nothing was captured");
}

/* --- one by one ------------------------------------------------------------------------------------- */

static void add_endpoint(struct strbuf *text, const struct at_row *row, enum side side)
{
	char ip[ADDR_TEXT];

	strbuf_clear(text);
	strbuf_addf(text, addr_is_v4(&row->ip[side]) ? "%s:%lld" : "[%s]:%lld", addr_print(&row->ip[side], ip),
		(long long)row->port[side]);
}

static void fill(
	const struct at_row *row, int64_t at_ns, struct strbuf ends[SIDES], struct answer_value values[COLUMNS])
{
	int64_t since_ns = row->first_ns;

	values[COLUMN_ID] = number_or_none(row->id);
	for (int side = 0; side < SIDES; side++) {
		const struct moment *m = &row->side[side];
		bool known = m->state != TCP_UNKNOWN;

		add_endpoint(&ends[side], row, (enum side)side);
		values[COLUMN_INITIATOR + side] = text_or_none(ends[side].text);
		values[COLUMN_STATE + 2 * side] = text_or_none(known ? state_words[m->state].name : NULL);
		values[COLUMN_STATE + 2 * side + 1] = text_or_none(known ? moment_basis(m) : NULL);
		values[COLUMN_SINCE + 2 * side] = number_or_none(m->since_ns);
		values[COLUMN_SINCE + 2 * side + 1] = number_or_none(m->proved_ns);
		since_ns = m->since_ns > since_ns ? m->since_ns : since_ns;
	}
	values[COLUMN_FOR] = number_or_none(clock_since(at_ns, since_ns) / NS_PER_US);
	values[COLUMN_AGE] = number_or_none(clock_since(at_ns, row->first_ns) / NS_PER_US);
	values[COLUMN_OUTCOME] = text_or_none(row->outcome);
	values[COLUMN_TIME_WAIT_ENDS] = number_or_none(row->time_wait_ends_ns);
}

static bool print_each(
	struct at *at, const struct at_request *request, const struct output_answer *out, long *rows, struct err *err)
{
	struct output_rows *sink = output_rows_open(out, columns, COLUMNS);
	struct answer_value values[ANSWER_COLUMNS];
	struct strbuf ends[SIDES] = {{0}, {0}};
	int64_t limit = request->filter->limit;
	struct at_row row;
	bool more = false;

	while (!more && at_next(at, &row, err)) {
		more = limit && *rows == limit;
		if (more)
			break;
		fill(&row, request->at_ns, ends, values);
		output_rows_add(sink, values);
		++*rows;
	}
	output_rows_close(sink);
	for (int side = 0; side < SIDES; side++)
		strbuf_fini(&ends[side]);
	if (more)
		log_note("the first %ld; there are more (--limit)", *rows);
	return more || err->code == ERR_NONE;
}

/* --- counted ---------------------------------------------------------------------------------------- */

enum { COUNT_STATE, COUNT_INITIATORS, COUNT_RESPONDERS, COUNT_PROVED, COUNT_PRESUMED, COUNT_TIMER, COUNT_COLUMNS };

static const struct answer_column count_columns[COUNT_COLUMNS] = {
	[COUNT_STATE] = {"state", "STATE", ANSWER_STATE, 0, "as of RFC 9293"},
	[COUNT_INITIATORS] = {"initiators", "INITIATORS", ANSWER_NUMBER, 0, "that were in it"},
	[COUNT_RESPONDERS] = {"responders", "RESPONDERS", ANSWER_NUMBER, 0, "that were in it"},
	[COUNT_PROVED] = {"proved", "PROVED", ANSWER_NUMBER, 0, "of both: then, or by a later segment"},
	[COUNT_PRESUMED] = {"presumed", "PRESUMED", ANSWER_NUMBER, 0, "of both"},
	[COUNT_TIMER] = {"timer", "TIMER", ANSWER_NUMBER, 0, "of both"},
};

static bool print_counts(struct at *at, const struct output_answer *out, long *rows, struct err *err)
{
	int64_t counts[TCP_STATES][SIDES] = {0}, bases[TCP_STATES][BASES] = {0};
	struct at_row row;

	for (; at_next(at, &row, err); ++*rows)
		for (int side = 0; side < SIDES; side++) {
			const struct moment *m = &row.side[side];

			if (m->state == TCP_UNKNOWN)
				continue;
			counts[m->state][side]++;
			bases[m->state][m->proved_ns == CLOCK_NONE ? m->basis : BASIS_PROVED]++;
		}
	if (err->code != ERR_NONE)
		return false;
	struct output_rows *sink = output_rows_open(out, count_columns, COUNT_COLUMNS);
	for (int state = 0; state < TCP_STATES; state++) {
		const struct answer_value values[COUNT_COLUMNS] = {
			[COUNT_STATE] = text_or_none(state_words[state].name),
			[COUNT_INITIATORS] = number_or_none(counts[state][INITIATOR]),
			[COUNT_RESPONDERS] = number_or_none(counts[state][RESPONDER]),
			[COUNT_PROVED] = number_or_none(bases[state][BASIS_PROVED]),
			[COUNT_PRESUMED] = number_or_none(bases[state][BASIS_PRESUMED]),
			[COUNT_TIMER] = number_or_none(bases[state][BASIS_TIMER]),
		};

		if (counts[state][INITIATOR] + counts[state][RESPONDER])
			output_rows_add(sink, values);
	}
	output_rows_close(sink);
	return true;
}

/* --- the command ------------------------------------------------------------------------------------ */

static bool print(
	struct store *store, const struct at_request *request, const struct output_answer *out, struct err *err)
{
	struct at *at = at_open(store, request, err);
	long rows = 0;

	if (!at)
		return false;
	bool good = request->count ? print_counts(at, out, &rows, err) : print_each(at, request, out, &rows, err);
	at_close(at);
	if (good && !rows && out->format == OUTPUT_TABLE)
		log_note("no connection was there");
	return good;
}

static bool run(const struct options *o, struct store *store, const struct query_filter *filter,
	struct output_answer *out, struct err *err)
{
	struct at_request request = {.filter = filter,
		.count = o->count_states,
		.half_open_ns = TIMEOUT_HALF_OPEN_MS * NS_PER_MS,
		.idle_ns = TIMEOUT_IDLE_MS * NS_PER_MS};
	struct at_span span;
	char when[CLOCK_TEXT], title[2 * CLOCK_TEXT];

	if (!take_time(store, o->operands[0], &request.at_ns, &span, err))
		return false;
	request.watched_ns = request.at_ns;
	if (!span.covered) {
		say_uncovered(&span);
		if (span.before_ns == CLOCK_NONE)
			return true;
		request.watched_ns = span.before_ns;
	}
	snprintf(title, sizeof title, "How connections stood at %s", clock_print(request.at_ns, 9, when));
	out->texts = (struct answer_texts){.title = title};
	return print(store, &request, out, err);
}

enum err_code cmd_at(const struct options *o, struct err *err)
{
	struct output_answer out = {0};
	struct query_filter filter;
	struct err close_err;

	if (o->operand_count != 1) {
		err_set(err, ERR_USAGE,
			"at: which time? (lastack at 2026-11-23T10:04:11.25Z, lastack at 2h, lastack at +30s)");
		return ERR_USAGE;
	}
	if (!output_answer_parse(o, &out, err) || !options_filter(o, clock_wall_ns(), &filter, err) ||
		!indexes_for_question(
			options_database(o), "connection_initiator connection_moment connection_outcome", err))
		return err->code;
	struct store *store = store_open(options_database(o), STORE_READ, err);
	if (!store)
		return err->code;
	err->code = ERR_NONE;
	bool good = run(o, store, &filter, &out, err);
	store_close(store, &close_err);
	return good ? ERR_NONE : err->code;
}
