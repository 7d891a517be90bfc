/* writer: what the formats share: a line that grows, and numbers as text (writer.h). */
#include "export/writer.h"

#include <stdlib.h>

#include "base/err.h"

struct writer *writer_new(FILE *out)
{
	struct writer *w = mem_new(1, sizeof *w);

	w->out = out;
	return w;
}

void writer_free(struct writer *w)
{
	strbuf_fini(&w->line);
	free(w);
}

bool writer_add_number(struct writer *w, enum record_kind kind, const struct record_value *value)
{
	switch (kind) {
	case RECORD_INT:
	case RECORD_FLAG:
		strbuf_add_int(&w->line, value->number);
		return true;
	case RECORD_REAL:
		strbuf_addf(&w->line, "%.7g", value->real);
		return true;
	case RECORD_ADDR:
	case RECORD_WORD:
	case RECORD_TEXT:
		break;
	}
	return false;
}
