/* moment: see moment.h. */
#include "record/moment.h"

#include <string.h>

static const struct moment unknown = {TCP_UNKNOWN, BASIS_PRESUMED, CLOCK_NONE, CLOCK_NONE};

/* Microseconds from `from` to `t`, rounded towards the past as offsets of timelines are. */
static int64_t offset_us(int64_t t, int64_t from)
{
	int64_t ns;

	if (__builtin_sub_overflow(t, from, &ns))
		return t > from ? INT64_MAX : INT64_MIN;
	return ns >= 0 ? ns / NS_PER_US : -((-ns + NS_PER_US - 1) / NS_PER_US);
}

/* The time of an offset; CLOCK_NONE where there is no such time, as in a damaged row. */
static int64_t time_of(int64_t first_ns, int64_t offset)
{
	int64_t ns;

	return __builtin_mul_overflow(offset, NS_PER_US, &ns) || __builtin_add_overflow(ns, first_ns, &ns) ? CLOCK_NONE
													   : ns;
}

/* A step is the proof of the state that the side is in, unless it tells of the time before the connection: that the
 * side was CLOSED then. */
static bool confirms(const struct timeline_step *step, const struct moment *side, int64_t entered_us)
{
	return step->confirm && step->state == side->state && side->basis != BASIS_PROVED &&
	       (step->state != TCP_CLOSED || step->offset_us >= entered_us);
}

void moment_from_timeline(const char *timeline, int64_t first_ns, int64_t at_ns, struct moment sides[SIDES])
{
	enum { STEPS = 64 }; /* twice as many as there can be */
	struct timeline_step steps[STEPS];
	int64_t at_us = offset_us(at_ns, first_ns), entered_us[SIDES] = {0};
	int count = 0;

	sides[INITIATOR] = sides[RESPONDER] = unknown;
	for (const char *text = timeline; text && count < STEPS && timeline_next(&text, &steps[count]); count++) {
		const struct timeline_step *step = &steps[count];

		if (step->confirm || step->offset_us > at_us)
			continue;
		sides[step->side] =
			(struct moment){step->state, step->basis, time_of(first_ns, step->offset_us), CLOCK_NONE};
		entered_us[step->side] = step->offset_us;
	}
	/* after all moves: a proof may stand before the move that it proves, where times of packets go back */
	for (int i = 0; i < count; i++) {
		struct moment *side = &sides[steps[i].side];

		if (!confirms(&steps[i], side, entered_us[steps[i].side]))
			continue;
		if (steps[i].offset_us <= at_us)
			side->basis = BASIS_PROVED;
		else if (side->proved_ns == CLOCK_NONE)
			side->proved_ns = time_of(first_ns, steps[i].offset_us);
	}
	for (int side = 0; side < SIDES; side++)
		if (sides[side].basis == BASIS_PROVED)
			sides[side].proved_ns = CLOCK_NONE;
}

struct moment moment_from_columns(const char *state, const char *basis, int64_t since_ns)
{
	struct moment side = unknown;

	if (!state)
		return side;
	for (int i = 0; i < TCP_STATES; i++) /* a million times, so not state_from_word */
		if (*state == *state_words[i].name && !strcmp(state, state_words[i].name))
			side.state = (enum tcp_state)i;
	side.since_ns = since_ns;
	for (int i = 0; i < BASES; i++)
		if (basis && !strcmp(basis, basis_words[i]))
			side.basis = (enum basis)i;
	return side;
}

void moment_run_timer(struct moment *side, int64_t ends_ns, int64_t at_ns)
{
	if (side->state == TCP_TIME_WAIT && ends_ns != CLOCK_NONE && at_ns >= ends_ns)
		*side = (struct moment){TCP_CLOSED, BASIS_TIMER, ends_ns, CLOCK_NONE};
}

const char moment_proved_later[] = "proved-later";

const char *moment_basis(const struct moment *side)
{
	return side->proved_ns != CLOCK_NONE ? moment_proved_later : basis_words[side->basis];
}

bool moment_is_there(const struct moment sides[SIDES])
{
	for (int side = 0; side < SIDES; side++)
		if (sides[side].state != TCP_CLOSED && sides[side].state != TCP_UNKNOWN)
			return true;
	return false;
}
