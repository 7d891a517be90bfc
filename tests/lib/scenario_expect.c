/* scenario_expect: a line that is an expectation.  See scenario_reader.h. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/scenario_reader.h"

static void add_expect(struct reader *r, enum expect_kind kind, enum side side, const char *column, const char *wanted)
{
	struct scenario *s = r->scenario;

	s->expects = mem_grow(s->expects, (s->expect_count + 1) * sizeof *s->expects);
	s->expects[s->expect_count++] = (struct scenario_expect){.kind = kind,
		.line = r->line,
		.connection = r->section,
		.side = side,
		.column = mem_copy(column),
		.wanted = mem_copy(wanted)};
}

/* NAME, NAME?, NAME*, or - where nothing was ever seen. */
static bool is_state(const char *word)
{
	char name[WORD];
	size_t length = strlen(word);

	snprintf(name, sizeof name, "%s", word);
	if (length && (word[length - 1] == '?' || word[length - 1] == '*'))
		name[length - 1] = '\0';
	return !strcmp(word, "-") || state_from_word(name) != TCP_UNKNOWN;
}

/* I STATE, R STATE */
static bool read_states(struct reader *r, enum side side)
{
	char word[WORD];

	do {
		if (!reader_word(r, word))
			return reader_wrong(r, "a state is wanted");
		size_t length = strlen(word);
		bool more = word[length - 1] == ',';
		if (more)
			word[length - 1] = '\0';
		if (!is_state(word))
			return reader_wrong(r, "%s is no state", word);
		add_expect(r, EXPECT_STATE, side, "", word);
		if (!more)
			return reader_word(r, word) ? reader_wrong(r, "%s: a comma is missing before it", word) : true;
	} while (reader_side(r, "expect", &side));
	return false;
}

static bool read_path(struct reader *r)
{
	char word[WORD], path[WORD * 12] = "";
	enum side side;

	if (!reader_side(r, "expect path", &side))
		return false;
	while (reader_word(r, word)) {
		if (!is_state(word) || strlen(path) + strlen(word) + 2 > sizeof path)
			return reader_wrong(r, "%s is no state", word);
		snprintf(path + strlen(path), sizeof path - strlen(path), "%s%s", *path ? " " : "", word);
	}
	add_expect(r, EXPECT_PATH, side, "", path);
	return true;
}

bool reader_expect(struct reader *r)
{
	char word[WORD], value[WORD];
	enum side side;

	if (!reader_word(r, word))
		return reader_wrong(r, "expect what?");
	if (reader_side_of(word, &side))
		return read_states(r, side);
	if (!strcmp(word, "path"))
		return read_path(r);
	if (!reader_word(r, value))
		return reader_wrong(r, "expect %s: a value is wanted", word);
	add_expect(r, strcmp(word, "connections") ? EXPECT_COLUMN : EXPECT_CONNECTIONS, INITIATOR, word, value);
	return reader_word(r, word) ? reader_wrong(r, "%s: one value is enough", word) : true;
}
