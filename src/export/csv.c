/* csv: connections as RFC 4180, with a line of column names.
 *
 * Text that a spreadsheet would take for a formula gets a ' in front (reliability: O4); numbers stay numbers. */
#include <string.h>

#include "export/writer.h"

static struct writer *csv_open(FILE *out)
{
	struct writer *w = writer_new(out);

	for (int i = 0; i < RECORD_COLUMNS; i++)
		strbuf_addf(&w->line, "%s%s", i ? "," : "", record_columns[i].name);
	strbuf_add(&w->line, "\r\n");
	strbuf_flush(&w->line, out);
	return w;
}

void writer_add_csv(struct strbuf *line, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text);

	if (!formula && !strpbrk(text, ",\"\r\n")) {
		strbuf_add(line, text);
		return;
	}
	strbuf_add(line, formula ? "\"'" : "\"");
	for (; *text; text++) {
		if (*text == '"')
			strbuf_add_char(line, '"');
		strbuf_add_char(line, *text);
	}
	strbuf_add_char(line, '"');
}

static void csv_record(struct writer *w, const struct conn_record *record)
{
	struct record_value value;

	for (int i = 0; i < RECORD_COLUMNS; i++) {
		if (i)
			strbuf_add_char(&w->line, ',');
		if (!record_value(record, i, &value))
			continue;
		if (!writer_add_number(w, record_columns[i].kind, &value))
			writer_add_csv(&w->line, value.text);
	}
	strbuf_add(&w->line, "\r\n");
	strbuf_flush(&w->line, w->out);
}

const struct writer_class writer_csv = {
	"csv", "comma separated, with a header line", csv_open, csv_record, writer_free};
