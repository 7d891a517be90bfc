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

/* none, or codes */
static bool read_anomalies(struct reader *r)
{
	char word[WORD], codes[WORD * 4] = "";

	while (reader_word(r, word)) {
		if ((strcmp(word, "none") && anomaly_from_code(word) == ANOMALIES) ||
			strlen(codes) + strlen(word) + 2 > sizeof codes)
			return reader_wrong(r, "%s is no code of the catalogue", word);
		snprintf(codes + strlen(codes), sizeof codes - strlen(codes), "%s%s", *codes ? " " : "", word);
	}
	add_expect(r, EXPECT_ANOMALIES, INITIATOR, "", codes);
	return *codes || reader_wrong(r, "expect anomalies: codes are wanted, or none");
}

/* CODE, and of a row that is there [I|R|-] [CONFIDENCE] [COUNT] [SEVERITY] [withdrawn] in any order */
static bool read_anomaly(struct reader *r, enum expect_kind kind)
{
	char code[WORD], word[WORD], wanted[2 * WORD] = "";

	if (!reader_word(r, code) || anomaly_from_code(code) == ANOMALIES)
		return reader_wrong(r, "a code of the catalogue is wanted");
	while (kind == EXPECT_ANOMALY && reader_word(r, word) && strlen(wanted) + strlen(word) + 2 < sizeof wanted)
		snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s%s", *wanted ? " " : "", word);
	add_expect(r, kind, INITIATOR, code, wanted);
	return !reader_word(r, word) || reader_wrong(r, "%s: a code is enough", word);
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
	if (!strcmp(word, "anomalies"))
		return read_anomalies(r);
	if (!strcmp(word, "anomaly") || !strcmp(word, "no"))
		return read_anomaly(r, strcmp(word, "no") ? EXPECT_ANOMALY : EXPECT_NO_ANOMALY);
	if (!reader_word(r, value))
		return reader_wrong(r, "expect %s: a value is wanted", word);
	add_expect(r, strcmp(word, "connections") ? EXPECT_COLUMN : EXPECT_CONNECTIONS, INITIATOR, word, value);
	return reader_word(r, word) ? reader_wrong(r, "%s: one value is enough", word) : true;
}
