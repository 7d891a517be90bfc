/* record: see record.h.  The table of columns and the generic way to a value. */
#include "record/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define ROW(kind, column, member, geo, unit, doc)                                                                      \
	{                                                                                                              \
		column, RECORD_##kind, geo, offsetof(struct conn_record, member), unit, doc                            \
	}

const struct record_column record_columns[RECORD_COLUMNS] = {
#define ONE(kind, name, unit, doc) ROW(kind, #name, name, false, unit, doc),
#define BOTH(kind, name, unit, doc)                                                                                    \
	ROW(kind, "initiator_" #name, name[INITIATOR], false, unit, doc),                                              \
		ROW(kind, "responder_" #name, name[RESPONDER], false, unit, doc),
#define GEO(kind, name, unit, doc)                                                                                     \
	ROW(kind, "initiator_" #name, name[INITIATOR], true, unit, doc),                                               \
		ROW(kind, "responder_" #name, name[RESPONDER], true, unit, doc),
#include "record/columns.def"
#undef ONE
#undef BOTH
#undef GEO
};

static const void *field(const struct conn_record *record, int column)
{
	return (const char *)record + record_columns[column].offset;
}

/* Nothing is known. */
#define NONE_INT CLOCK_NONE
#define NONE_FLAG 0
#define NONE_ADDR                                                                                                      \
	{                                                                                                              \
		{                                                                                                      \
			0                                                                                              \
		}                                                                                                      \
	}
#define NONE_WORD NULL
#define NONE_TEXT NULL
#define NONE_REAL NAN

static const struct conn_record cleared = {
#define ONE(kind, name, unit, doc) .name = NONE_##kind,
#define BOTH(kind, name, unit, doc) .name = {NONE_##kind, NONE_##kind},
#define GEO(kind, name, unit, doc) .name = {NONE_##kind, NONE_##kind},
#include "record/columns.def"
#undef ONE
#undef BOTH
#undef GEO
};

void record_clear(struct conn_record *record)
{
	*record = cleared;
}

static bool is_text(int column)
{
	return record_columns[column].kind == RECORD_WORD || record_columns[column].kind == RECORD_TEXT;
}

void record_copy(struct conn_record *to, const struct conn_record *from)
{
	*to = *from;
	for (int i = 0; i < RECORD_COLUMNS; i++) {
		const char **text = (const char **)((char *)to + record_columns[i].offset);

		if (is_text(i) && *text)
			*text = mem_copy(*text);
	}
}

void record_fini(struct conn_record *copy)
{
	for (int i = 0; i < RECORD_COLUMNS; i++)
		if (is_text(i))
			free(*(char **)((char *)copy + record_columns[i].offset));
}

int record_column_find(const char *name)
{
	for (int i = 0; i < RECORD_COLUMNS; i++)
		if (!strcmp(record_columns[i].name, name))
			return i;
	return -1;
}

bool record_value(const struct conn_record *record, int column, struct record_value *value)
{
	const void *at = field(record, column);

	switch (record_columns[column].kind) {
	case RECORD_INT:
	case RECORD_FLAG:
		value->number = *(const int64_t *)at;
		return value->number != CLOCK_NONE;
	case RECORD_REAL:
		value->real = *(const double *)at;
		return !isnan(value->real);
	case RECORD_ADDR:
		value->text = addr_print(at, value->room);
		return true;
	case RECORD_WORD:
	case RECORD_TEXT:
		value->text = *(const char *const *)at;
		return value->text;
	}
	return false;
}

void record_anomalies(struct conn_record *record, uint32_t count, enum severity worst)
{
	record->anomalies = count;
	record->worst_severity = worst == SEVERITIES ? NULL : severity_words[worst];
}
