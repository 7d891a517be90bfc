/* timeline: the compact JSON of state changes, and of those taken back (record.h). */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

static const char side_codes[SIDES] = {'I', 'R'};
static const char confirm_code = 'c';

void timeline_begin(struct strbuf *text)
{
	strbuf_add_char(text, '[');
}

/* [offset,"I","CL" */
enum { HEAD_MOST = 2 + DIGITS_MOST + 9 };

static char *put_head(const struct strbuf *text, char *at, int64_t offset_us, enum side side, enum tcp_state state)
{
	const char middle[9] = {
		',', '"', side_codes[side], '"', ',', '"', state_words[state].code[0], state_words[state].code[1], '"'};

	if (text->length && text->text[text->length - 1] == ']')
		*at++ = ',';
	*at++ = '[';
	at = digits_put(at, offset_us);
	memcpy(at, middle, sizeof middle);
	return at + sizeof middle;
}

void timeline_add(struct strbuf *text, const struct timeline_step *step)
{
	const char tail[5] = {',', '"', step->confirm ? confirm_code : basis_codes[step->basis], '"', ']'};
	char *at = strbuf_room(text, HEAD_MOST + sizeof tail);

	at = put_head(text, at, step->offset_us, step->side, step->state);
	memcpy(at, tail, sizeof tail);
	strbuf_wrote(text, at + sizeof tail);
}

void timeline_end(struct strbuf *text)
{
	strbuf_add_char(text, ']');
}

/* [offset,"I","CL" and moves *at behind it. */
static bool take_item(const char **at, int64_t *offset_us, enum side *side, enum tcp_state *state)
{
	const char *p = *at;
	char *end;

	if (*p == '[' || *p == ',')
		p++;
	if (*p++ != '[')
		return false;
	*offset_us = strtoll(p, &end, 10);
	if (end == p || strnlen(end, 9) < 9) /* ,"I","CL" */
		return false;
	*side = end[2] == side_codes[INITIATOR] ? INITIATOR : RESPONDER;
	*at = end + 9;
	return end[2] == side_codes[*side] && state_from_code(end + 6, state);
}

bool timeline_next(const char **at, struct timeline_step *step)
{
	const char *p = *at;

	if (!take_item(&p, &step->offset_us, &step->side, &step->state) || strnlen(p, 5) < 5) /* ,"p"] */
		return false;
	step->confirm = p[2] == confirm_code;
	step->basis = BASIS_PROVED;
	if ((!step->confirm && !basis_from_code(p[2], &step->basis)) || p[4] != ']')
		return false;
	*at = p + 5;
	return true;
}

static void add_only_state(
	const struct conn_record *r, enum side side, struct timeline_step *steps, int *count, int room)
{
	enum tcp_state state = r->state[side] ? state_from_word(r->state[side]) : TCP_UNKNOWN;
	bool proved = r->state_basis[side] && !strcmp(r->state_basis[side], basis_words[BASIS_PROVED]);

	for (int i = 0; i < *count; i++)
		if (steps[i].side == side)
			return;
	if (state == TCP_UNKNOWN || r->closing_ns == CLOCK_NONE || *count >= room)
		return;
	struct timeline_step step = {.offset_us = clock_since(r->closing_ns, r->first_ns) / NS_PER_US,
		.side = side,
		.state = state,
		.basis = proved ? BASIS_PROVED : BASIS_PRESUMED};
	int at = (*count)++;
	for (; at > 0 && steps[at - 1].offset_us > step.offset_us; at--)
		steps[at] = steps[at - 1];
	steps[at] = step;
}

int timeline_read(const struct conn_record *r, struct timeline_step *steps, int room)
{
	const char *at = r->timeline;
	int count = 0;

	while (at && count < room && timeline_next(&at, &steps[count]))
		count++;
	for (int side = 0; side < SIDES; side++)
		add_only_state(r, (enum side)side, steps, &count, room);
	return count;
}

void revision_add(struct strbuf *text, const struct revision *revision)
{
	char *at = strbuf_room(text, HEAD_MOST + 2 + DIGITS_MOST);

	at = put_head(text, at, revision->offset_us, revision->side, revision->state);
	*at++ = ',';
	at = digits_put(at, revision->back_us);
	*at++ = ']';
	strbuf_wrote(text, at);
}

bool revision_next(const char **at, struct revision *revision)
{
	const char *p = *at;
	char *end;

	if (!take_item(&p, &revision->offset_us, &revision->side, &revision->state) || *p != ',')
		return false;
	revision->back_us = strtoll(p + 1, &end, 10);
	if (end == p + 1 || *end != ']')
		return false;
	*at = end + 1;
	return true;
}
