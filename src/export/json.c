/* json: connections as NDJSON (RFC 8259, one object per line): every column by its name. */
#include "base/json.h"
#include "export/writer.h"

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
		if (!writer_add_number(w, record_columns[i].kind, &value))
			json_add_string(&w->line, value.text);
	}
	strbuf_add(&w->line, "}\n");
	strbuf_flush(&w->line, w->out);
}

const struct writer_class writer_json = {
	"json", "one JSON object per line and connection", writer_new, json_record, writer_free};
