/* output: see output.h. */
#include "cli/output.h"

#include <string.h>

#include "base/near.h"
#include "export/writer.h"
#include "view/table.h"

static const struct {
	const char *word;
	const struct writer_class *writer; /* NULL: the table, or none */
} formats[OUTPUT_FORMATS] = {
	[OUTPUT_TABLE] = {"table", NULL},
	[OUTPUT_JSON] = {"json", &writer_json},
	[OUTPUT_CSV] = {"csv", &writer_csv},
	[OUTPUT_ZEEK] = {"zeek", &writer_zeek},
	[OUTPUT_TRANSITIONS] = {"transitions", &writer_transitions},
	[OUTPUT_ANOMALIES] = {"anomalies", NULL},
	[OUTPUT_NONE] = {"none", NULL},
};

bool output_parse(const char *word, enum output_format preset, enum output_format *format, struct err *err)
{
	*format = preset;
	if (!word)
		return true;
	struct near near = near_begin(word);
	for (int i = 0; i < OUTPUT_FORMATS; i++) {
		if (!strcmp(word, formats[i].word)) {
			*format = (enum output_format)i;
			return true;
		}
		near_offer(&near, formats[i].word);
	}
	if (near.word[0])
		return err_set(err, ERR_USAGE, "--format '%s': no such format (did you mean '%s'?)", word, near.word);
	return err_set(err, ERR_USAGE,
		"--format '%s': no such format (table, json, csv, zeek, transitions, anomalies, none)", word);
}

static bool print_anomalies(struct store *store, const struct query_filter *filter, long *count, struct err *err)
{
	struct anomaly_record row;
	struct strbuf line = {0};
	struct query *query = query_anomalies(store, filter, err);

	if (!query)
		return false;
	for (; query_next_anomaly(query, &row, err); ++*count) {
		anomaly_json_add(&line, &row);
		strbuf_flush(&line, stdout);
	}
	query_close(query);
	strbuf_fini(&line);
	fflush(stdout);
	return err->code == ERR_NONE;
}

bool output_connections(struct store *store, const struct query_filter *filter, enum output_format format,
	enum term_color color, long *count, struct err *err)
{
	const struct writer_class *class = formats[format].writer;
	struct conn_record record;

	*count = 0;
	if (format == OUTPUT_NONE)
		return true;
	err->code = ERR_NONE;
	if (format == OUTPUT_ANOMALIES)
		return print_anomalies(store, filter, count, err);
	struct query *query = query_connections(store, filter, err);
	if (!query)
		return false;
	struct table_style style = {term_width(stdout), term_use_color(stdout, color)};
	struct table *table = class ? NULL : table_open(stdout, &style);
	struct writer *writer = class ? class->open(stdout) : NULL;
	for (; query_next(query, &record, err); ++*count)
		if (class)
			class->record(writer, &record);
		else
			table_record(table, &record);
	if (class)
		class->close(writer);
	else
		table_close(table);
	query_close(query);
	fflush(stdout);
	return err->code == ERR_NONE;
}
