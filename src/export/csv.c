/* csv: connections as RFC 4180, with a line of column names.
 *
 * Text that a spreadsheet would take for a formula gets a ' in front (reliability: O4); numbers stay numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "export/writer.h"

struct writer {
	FILE *out;
	struct strbuf line;
};

static struct writer *csv_open(FILE *out)
{
	struct writer *w = mem_new(1, sizeof *w);

	w->out = out;
	for (int i = 0; i < RECORD_COLUMNS; i++)
		strbuf_addf(&w->line, "%s%s", i ? "," : "", record_columns[i].name);
	strbuf_add(&w->line, "\r\n");
	strbuf_flush(&w->line, out);
	return w;
}

static void add_text(struct strbuf *line, const char *text)
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
			add_text(&w->line, value.text);
			break;
		}
	}
	strbuf_add(&w->line, "\r\n");
	strbuf_flush(&w->line, w->out);
}

static void csv_close(struct writer *w)
{
	strbuf_fini(&w->line);
	free(w);
}

const struct writer_class writer_csv = {
	"csv", "comma separated, with a header line", csv_open, csv_record, csv_close};
