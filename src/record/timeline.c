/* timeline: the compact JSON of state changes (record.h). */
#include "record/record.h"

#include <stdlib.h>

static const char side_codes[SIDES] = {'I', 'R'};
static const char confirm_code = 'c';

void timeline_begin(struct strbuf *text)
{
	strbuf_add_char(text, '[');
}

void timeline_add(struct strbuf *text, const struct timeline_step *step)
{
	char tail[] = ",\"I\",\"CL\",\"p\"]";

	if (text->length && text->text[text->length - 1] == ']')
		strbuf_add_char(text, ',');
	strbuf_add_char(text, '[');
	strbuf_add_int(text, step->offset_us);
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

bool timeline_next(const char **at, struct timeline_step *step)
{
	const char *p = *at;
	char *end;

	if (*p == '[' || *p == ',')
		p++;
	if (*p++ != '[')
		return false;
	step->offset_us = strtoll(p, &end, 10);
	if (end == p)
		return false;
	p = end;
	/* ,"I","CL","p"] */
	for (int i = 0; i < 14; i++)
		if (!p[i])
			return false;
	step->side = p[2] == side_codes[INITIATOR] ? INITIATOR : RESPONDER;
	step->confirm = p[11] == confirm_code;
	step->basis = BASIS_PROVED;
	if (p[2] != side_codes[step->side] || !state_from_code(p + 6, &step->state) ||
		(!step->confirm && !basis_from_code(p[11], &step->basis)) || p[13] != ']')
		return false;
	*at = p + 14;
	return true;
}
