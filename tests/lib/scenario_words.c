/* scenario_words: words, numbers and sides of a line.  See scenario_reader.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/scenario_reader.h"

bool reader_wrong(struct reader *r, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return err_set(r->err, ERR_USAGE, "%s.seg:%u: %s", r->scenario->name, r->line, text);
}

bool reader_word(struct reader *r, char word[WORD])
{
	size_t length;

	r->at += strspn(r->at, " \t");
	length = strcspn(r->at, " \t");
	if (!length || length >= WORD)
		return false;
	memcpy(word, r->at, length);
	word[length] = '\0';
	r->at += length;
	return true;
}

bool reader_number(struct reader *r, const char *what, int64_t low, int64_t high, int64_t *value)
{
	char word[WORD], *end;

	if (!reader_word(r, word))
		return reader_wrong(r, "%s needs a number", what);
	errno = 0;
	*value = strtoll(word, &end, 10);
	if (errno || *end || *value < low || *value > high)
		return reader_wrong(
			r, "%s %s: a number from %lld to %lld is wanted", what, word, (long long)low, (long long)high);
	return true;
}

bool reader_side_of(const char *word, enum side *side)
{
	*side = word[0] == 'I' ? INITIATOR : RESPONDER;
	return (word[0] == 'I' || word[0] == 'R') && !word[1];
}

bool reader_side(struct reader *r, const char *what, enum side *side)
{
	char word[WORD];

	if (!reader_word(r, word) || !reader_side_of(word, side))
		return reader_wrong(r, "%s needs a side: I or R", what);
	return true;
}
