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

/* [offset */
static void begin_item(struct strbuf *text, int64_t offset_us)
{
	if (text->length && text->text[text->length - 1] == ']')
		strbuf_add_char(text, ',');
	strbuf_add_char(text, '[');
	strbuf_add_int(text, offset_us);
}

void timeline_add(struct strbuf *text, const struct timeline_step *step)
{
	char tail[] = ",\"I\",\"CL\",\"p\"]";

	begin_item(text, step->offset_us);
	tail[2] = side_codes[step->side];
	tail[6] = state_words[step->state].code[0];
	tail[7] = state_words[step->state].code[1];
	tail[11] = step->confirm ? confirm_code : basis_codes[step->basis];
	strbuf_add_n(text, tail, sizeof tail - 1);
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

void revision_add(struct strbuf *text, const struct revision *revision)
{
	begin_item(text, revision->offset_us);
	strbuf_addf(text, ",\"%c\",\"%s\",%lld]", side_codes[revision->side], state_words[revision->state].code,
		(long long)revision->back_us);
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
