/* answer: see answer.h. */
#include "export/answer.h"

#include "base/json.h"
#include "export/writer.h"

static void add_number(struct strbuf *line, const struct answer_value *value)
{
	if (value->is == ANSWER_IS_NUMBER)
		strbuf_add_int(line, value->number);
	else
		strbuf_addf(line, "%.15g", value->real);
}

void answer_json_add(
	struct strbuf *line, const struct answer_column *columns, unsigned count, const struct answer_value *values)
{
	for (unsigned i = 0; i < count; i++) {
		strbuf_addf(line, "%c\"%s\":", i ? ',' : '{', columns[i].name);
		if (values[i].is == ANSWER_IS_NONE)
			strbuf_add(line, "null");
		else if (values[i].is == ANSWER_IS_TEXT)
			json_add_string(line, values[i].text);
		else
			add_number(line, &values[i]);
	}
	strbuf_add(line, "}\n");
}

void answer_csv_head(struct strbuf *line, const struct answer_column *columns, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		strbuf_addf(line, "%s%s", i ? "," : "", columns[i].name);
	strbuf_add(line, "\r\n");
}

void answer_csv_add(struct strbuf *line, unsigned count, const struct answer_value *values)
{
	struct strbuf safe = {0};

	for (unsigned i = 0; i < count; i++) {
		strbuf_add(line, i ? "," : "");
		if (values[i].is == ANSWER_IS_TEXT) {
			/* may be the name of a file: what could move a cursor is made visible here, too */
			strbuf_add_safe(&safe, values[i].text);
			writer_add_csv(line, safe.text ? safe.text : "");
			strbuf_clear(&safe);
		} else if (values[i].is != ANSWER_IS_NONE) {
			add_number(line, &values[i]);
		}
	}
	strbuf_add(line, "\r\n");
	strbuf_fini(&safe);
}
