/* sums: see sums.h. */
#include "report/sums.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Widths of a column: each is a multiple of the one before. */
static const int64_t widths_ms[] = {1, 5, 10, 50, 100, 500, 1000, 5000, 10000, 30000, 60000, 300000, 600000, 1800000,
	3600000, 21600000, 86400000, 604800000, 6048000000, 60480000000, 604800000000, 6048000000000};
enum { WIDTHS = sizeof widths_ms / sizeof *widths_ms };

void sums_init(struct sums *sums)
{
	memset(sums, 0, sizeof *sums);
	sums->first_ns = sums->last_ns = CLOCK_NONE;
	sums->width_ns = widths_ms[0] * NS_PER_MS;
}

void sums_fini(struct sums *sums)
{
	free(sums->trip);
}

/* --- columns --------------------------------------------------------------------------------------- */

static int64_t index_of(int64_t t, int64_t width)
{
	return t / width - (t % width < 0);
}

static void add_column(struct sums_column *to, const struct sums_column *from)
{
	to->opened += from->opened;
	to->closed += from->closed;
	to->reset += from->reset;
	for (int side = 0; side < SIDES; side++)
		for (int state = 0; state < TCP_STATES; state++)
			to->held[side][state] += from->held[side][state];
}

/* To the next width. */
static void coarsen(struct sums *sums)
{
	struct sums_column old[SUMS_COLUMNS];
	int64_t from = sums->from, ratio = widths_ms[sums->width + 1] / widths_ms[sums->width];
	int columns = sums->columns;

	memcpy(old, sums->column, sizeof old);
	memset(sums->column, 0, sizeof sums->column);
	sums->width++;
	sums->width_ns = widths_ms[sums->width] * NS_PER_MS;
	sums->from = index_of(from, ratio);
	sums->columns = columns ? (int)(index_of(from + columns - 1, ratio) - sums->from) + 1 : 0;
	for (int i = 0; i < columns; i++)
		add_column(&sums->column[index_of(from + i, ratio) - sums->from], &old[i]);
}

/* Makes room for columns from the one of `from_ns` to that of `until_ns`. */
static void reach(struct sums *sums, int64_t from_ns, int64_t until_ns)
{
	for (;;) {
		int64_t low = index_of(from_ns, sums->width_ns), high = index_of(until_ns, sums->width_ns);

		if (sums->columns && sums->from < low)
			low = sums->from;
		if (sums->columns && sums->from + sums->columns - 1 > high)
			high = sums->from + sums->columns - 1;
		if (high - low < SUMS_COLUMNS) {
			if (sums->columns && low < sums->from) {
				int shift = (int)(sums->from - low);
				memmove(sums->column + shift, sums->column,
					(size_t)sums->columns * sizeof *sums->column);
				memset(sums->column, 0, (size_t)shift * sizeof *sums->column);
			}
			sums->from = low;
			sums->columns = (int)(high - low) + 1;
			return;
		}
		if (sums->width + 1 == WIDTHS) /* cannot be: 64 bits of nanoseconds are fewer */
			return;
		coarsen(sums);
	}
}

static struct sums_column *column_at(struct sums *sums, int64_t t)
{
	reach(sums, t, t);
	return &sums->column[index_of(t, sums->width_ns) - sums->from];
}

/* A side was in a state from one time to another. */
static void hold(struct sums *sums, enum side side, enum tcp_state state, int64_t from_ns, int64_t until_ns)
{
	if (state == TCP_CLOSED || state == TCP_LISTEN || until_ns <= from_ns)
		return;
	reach(sums, from_ns, until_ns - 1);
	int64_t first = index_of(from_ns, sums->width_ns), last = index_of(until_ns - 1, sums->width_ns);
	for (int64_t i = first; i <= last; i++) {
		int64_t begin = i == first ? from_ns : i * sums->width_ns;
		int64_t end = i == last ? until_ns : (i + 1) * sums->width_ns;

		sums->column[i - sums->from].held[side][state] += (double)(end - begin);
	}
}

/* --- one connection -------------------------------------------------------------------------------- */

/* The clock of its states stopped with its last segment, or runs to the end of the capture. */
static bool ends_with_last(enum outcome outcome)
{
	return outcome == OUTCOME_EVICTED || outcome == OUTCOME_SUPERSEDED || outcome == OUTCOME_IDLE_TIMEOUT ||
	       outcome == OUTCOME_VANISHED || outcome == OUTCOME_INTERRUPTED;
}

static void add_states(struct sums *sums, const struct conn_record *r, int64_t ends_ns)
{
	enum tcp_state state[SIDES] = {TCP_CLOSED, TCP_CLOSED};
	int64_t since[SIDES] = {r->first_ns, r->first_ns};
	const char *at = r->timeline;
	struct timeline_step step;

	while (at && timeline_next(&at, &step)) {
		int64_t ns, t;

		if (step.confirm || __builtin_mul_overflow(step.offset_us, NS_PER_US, &ns) ||
			__builtin_add_overflow(r->first_ns, ns, &t) || t < since[step.side])
			continue;
		hold(sums, step.side, state[step.side], since[step.side], t);
		state[step.side] = step.state;
		since[step.side] = t;
	}
	for (int side = 0; side < SIDES; side++)
		hold(sums, (enum side)side, state[side], since[side], ends_ns);
}

static void add_trip(struct sums *sums, const struct conn_record *r)
{
	const int64_t most = UINT32_MAX;

	if (r->syn_rtt_us < 0 || r->ack_rtt_us < 0 || r->syn_rtt_us > most || r->ack_rtt_us > most ||
		r->syn_rtt_us + r->ack_rtt_us > most)
		return;
	if (sums->trips == sums->trip_room) {
		sums->trip_room = sums->trip_room ? 2 * sums->trip_room : 4096;
		sums->trip = mem_grow(sums->trip, sums->trip_room * sizeof *sums->trip);
	}
	sums->trip[sums->trips++] = (uint32_t)(r->syn_rtt_us + r->ack_rtt_us);
}

static bool is_guess(const char *role_basis)
{
	return role_basis && (!strcmp(role_basis, role_basis_words[ROLE_PORT]) ||
				     !strcmp(role_basis, role_basis_words[ROLE_FIRST_PACKET]));
}

void sums_add(struct sums *sums, const struct conn_record *r, int64_t ends_ns)
{
	enum outcome outcome = r->outcome ? outcome_from_word(r->outcome) : OUTCOMES;
	enum severity worst = r->worst_severity ? severity_from_word(r->worst_severity) : SEVERITIES;

	sums->connections++;
	if (outcome < OUTCOMES)
		sums->outcomes[outcome]++;
	sums->worst[worst]++;
	sums->midstream += r->midstream != 0;
	sums->one_sided += r->one_sided != 0;
	sums->gap_possible += r->gap_possible != 0;
	sums->truncated += r->truncated != 0;
	sums->guessed += is_guess(r->role_basis);
	for (int side = 0; side < SIDES; side++)
		sums->octets[side] += r->bytes[side] > 0 ? r->bytes[side] : 0;
	add_trip(sums, r);
	if (r->first_ns == CLOCK_NONE || r->last_ns == CLOCK_NONE)
		return;
	if (sums->first_ns == CLOCK_NONE || r->first_ns < sums->first_ns)
		sums->first_ns = r->first_ns;
	if (r->last_ns > sums->last_ns)
		sums->last_ns = r->last_ns;
	column_at(sums, r->first_ns)->opened += !r->midstream;
	bool reset = outcome == OUTCOME_RESET || outcome == OUTCOME_HANDSHAKE_ABORTED;
	if (reset && r->closing_ns != CLOCK_NONE)
		column_at(sums, r->closing_ns)->reset++;
	else if (outcome == OUTCOME_CLOSED && r->closed_ns != CLOCK_NONE)
		column_at(sums, r->closed_ns)->closed++;
	add_states(sums, r, ends_with_last(outcome) || ends_ns == CLOCK_NONE ? r->last_ns : ends_ns);
}

static int by_size(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;

	return (one > two) - (one < two);
}

int64_t sums_round_trip_us(struct sums *sums, int permille)
{
	if (!sums->trips)
		return CLOCK_NONE;
	qsort(sums->trip, sums->trips, sizeof *sums->trip, by_size);
	size_t at = (sums->trips - 1) * (size_t)permille / 1000;
	return sums->trip[at];
}
