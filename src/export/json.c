/* json: connections as NDJSON (RFC 8259, one object per line): every column by its name. */
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "export/writer.h"

struct writer {
	FILE *out;
	struct strbuf line;
};

static struct writer *json_open(FILE *out)
{
	struct writer *w = mem_new(1, sizeof *w);

	w->out = out;
	return w;
}

static void json_record(struct writer *w, const struct conn_record *record)
{
	struct record_value value;

	strbuf_add_char(&w->line, '{');
	for (int i = 0; i < RECORD_COLUMNS; i++) {
		if (i)
			strbuf_add_char(&w->line, ',');
		strbuf_add_char(&w->line, '"');
		strbuf_add(&w->line, record_columns[i].name);
		strbuf_add(&w->line, "\":");
		if (!record_value(record, i, &value)) {
			strbuf_add(&w->line, "null");
			continue;
		}
		switch (record_columns[i].kind) {
		case RECORD_INT:
		case RECORD_FLAG:
			strbuf_add_int(&w->line, value.number);
			break;
		case RECORD_REAL:
			strbuf_addf(&w->line, "%.7g", value.real);
			break;
		case RECORD_ADDR:
		case RECORD_WORD:
		case RECORD_TEXT:
			json_add_string(&w->line, value.text);
			break;
		}
	}
	strbuf_add(&w->line, "}\n");
	strbuf_flush(&w->line, w->out);
}

static void json_close(struct writer *w)
{
	strbuf_fini(&w->line);
	free(w);
}

const struct writer_class writer_json = {
	"json", "one JSON object per line and connection", json_open, json_record, json_close};
