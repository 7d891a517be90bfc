/* anomaly_json: one JSON object per line for each anomaly: the columns of table anomaly, and the endpoints. */
#include "base/json.h"
#include "export/writer.h"

static void add_number(struct strbuf *line, const char *key, int64_t number)
{
	strbuf_addf(line, ",\"%s\":", key);
	if (number == CLOCK_NONE)
		strbuf_add(line, "null");
	else
		strbuf_add_int(line, number);
}

static void add_word(struct strbuf *line, const char *key, const char *word)
{
	strbuf_addf(line, ",\"%s\":", key);
	if (word)
		json_add_string(line, word);
	else
		strbuf_add(line, "null");
}

void anomaly_json_add(struct strbuf *line, const struct anomaly_record *row)
{
	strbuf_add(line, "{\"id\":");
	strbuf_add_int(line, row->id);
	add_number(line, "connection_id", row->connection_id);
	add_number(line, "capture_id", row->capture_id);
	add_number(line, "time_ns", row->time_ns);
	add_word(line, "code", row->code);
	add_word(line, "side", row->side);
	add_word(line, "severity", row->severity);
	add_word(line, "confidence", row->confidence);
	add_number(line, "count", row->count);
	add_number(line, "first_ns", row->first_ns);
	add_number(line, "last_ns", row->last_ns);
	add_number(line, "withdrawn_ns", row->withdrawn_ns);
	strbuf_addf(line, ",\"evidence\":%s", row->evidence);
	add_number(line, "packet", row->packet);
	for (int side = 0; side < SIDES; side++) {
		bool there = row->connection_id != CLOCK_NONE;
		char key[40], ip[ADDR_TEXT];

		snprintf(key, sizeof key, "%s_ip", side_words[side]);
		add_word(line, key, there ? addr_print(&row->ip[side], ip) : NULL);
		snprintf(key, sizeof key, "%s_port", side_words[side]);
		add_number(line, key, there ? row->port[side] : CLOCK_NONE);
	}
	strbuf_add(line, "}\n");
}
