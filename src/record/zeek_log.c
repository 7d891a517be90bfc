/* zeek_log: see zeek_log.h. */
#include "record/zeek_log.h"

#include <stdlib.h>
#include <string.h>

static char *put_number(char *at, int64_t number)
{
	*at++ = ',';
	return digits_put(at, number);
}

static char *put_word(char *at, const char *word)
{
	size_t length = strnlen(word, ZEEK_LOG_WORD - 1);

	*at++ = ',';
	if (!length)
		*at++ = '-';
	memcpy(at, word, length);
	return at + length;
}

void zeek_log_add(struct strbuf *text, const struct zeek_log_row *row)
{
	enum { NUMBERS = 9, MOST = 2 + NUMBERS * (1 + DIGITS_MOST) + 2 * (1 + ZEEK_LOG_WORD) };
	char *at = strbuf_room(text, MOST);

	if (text->length)
		*at++ = ';';
	*at++ = row->side == INITIATOR ? 'I' : 'R';
	at = put_number(at, row->offset_ns);
	at = put_number(at, row->duration_us);
	at = put_word(at, row->conn_state);
	at = put_word(at, row->history);
	at = put_number(at, row->missed_bytes);
	for (int side = 0; side < SIDES; side++) {
		at = put_number(at, row->bytes[side]);
		at = put_number(at, row->packets[side]);
		at = put_number(at, row->ip_bytes[side]);
	}
	strbuf_wrote(text, at);
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
