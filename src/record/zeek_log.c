/* zeek_log: see zeek_log.h. */
#include "record/zeek_log.h"

#include <stdlib.h>
#include <string.h>

static void add_number(struct strbuf *text, int64_t number)
{
	strbuf_add_char(text, ',');
	strbuf_add_int(text, number);
}

static void add_word(struct strbuf *text, const char *word)
{
	strbuf_add_char(text, ',');
	strbuf_add(text, *word ? word : "-");
}

void zeek_log_add(struct strbuf *text, const struct zeek_log_row *row)
{
	if (text->length)
		strbuf_add_char(text, ';');
	strbuf_add_char(text, row->side == INITIATOR ? 'I' : 'R');
	add_number(text, row->offset_ns);
	add_number(text, row->duration_us);
	add_word(text, row->conn_state);
	add_word(text, row->history);
	add_number(text, row->missed_bytes);
	for (int side = 0; side < SIDES; side++) {
		add_number(text, row->bytes[side]);
		add_number(text, row->packets[side]);
		add_number(text, row->ip_bytes[side]);
	}
}

static bool take_number(const char **at, int64_t *number)
{
	char *end;

	if (**at != ',')
		return false;
	*number = strtoll(*at + 1, &end, 10);
	bool good = end != *at + 1;
	*at = end;
	return good;
}

static bool take_word(const char **at, char room[ZEEK_LOG_WORD])
{
	size_t length = **at == ',' ? strcspn(*at + 1, ",;") : 0;

	if (!length || length >= ZEEK_LOG_WORD)
		return false;
	memcpy(room, *at + 1, length);
	room[length] = '\0';
	*at += 1 + length;
	if (!strcmp(room, "-"))
		room[0] = '\0';
	return true;
}

bool zeek_log_next(const char **at, struct zeek_log_row *row, char room[2][ZEEK_LOG_WORD])
{
	if (**at == ';')
		++*at;
	if (**at != 'I' && **at != 'R')
		return false;
	row->side = *(*at)++ == 'I' ? INITIATOR : RESPONDER;
	row->conn_state = room[0];
	row->history = room[1];
	if (!take_number(at, &row->offset_ns) || !take_number(at, &row->duration_us) || !take_word(at, room[0]) ||
		!take_word(at, room[1]) || !take_number(at, &row->missed_bytes))
		return false;
	for (int side = 0; side < SIDES; side++)
		if (!take_number(at, &row->bytes[side]) || !take_number(at, &row->packets[side]) ||
			!take_number(at, &row->ip_bytes[side]))
			return false;
	return true;
}
