/* output: see output.h. */
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "export/answer.h"
#include "export/writer.h"
#include "view/anomalies.h"
#include "view/answer.h"
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

const char *output_format_word(enum output_format format)
{
	return formats[format].word;
}

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

/* Where anomalies go, one by one. */
struct sink {
	enum output_format format;
	struct anomalies *table;
	struct strbuf line;
};

static void sink_begin(struct sink *sink, enum output_format format, enum term_color color, bool kinds)
{
	struct grid_style style = {term_width(stdout), term_use_color(stdout, color)};

	*sink = (struct sink){.format = format};
	if (format == OUTPUT_TABLE)
		sink->table = anomalies_open(stdout, &style, kinds);
	else if (format == OUTPUT_CSV)
		anomaly_csv_head(&sink->line);
}

static void sink_take(struct sink *sink, const struct anomaly_record *row)
{
	if (sink->format == OUTPUT_TABLE)
		anomalies_add(sink->table, row);
	else if (sink->format == OUTPUT_CSV)
		anomaly_csv_add(&sink->line, row);
	else
		anomaly_json_add(&sink->line, row);
	strbuf_flush(&sink->line, stdout);
}

static void sink_end(struct sink *sink)
{
	if (sink->table)
		anomalies_close(sink->table);
	strbuf_flush(&sink->line, stdout);
	strbuf_fini(&sink->line);
	fflush(stdout);
}

bool output_anomalies(struct store *store, const struct query_filter *filter, enum output_format format,
	enum term_color color, long *count, bool *more, struct err *err)
{
	struct query_filter asked = *filter;
	struct anomaly_record row;
	struct sink sink;

	*count = 0;
	*more = false;
	if (asked.limit)
		asked.limit++; /* is there one more? */
	struct query *query = query_anomalies(store, &asked, err);
	if (!query)
		return false;
	sink_begin(&sink, format, color, !filter->anomaly);
	while (!*more && query_next_anomaly(query, &row, err)) {
		*more = filter->limit && *count == filter->limit;
		if (*more)
			break;
		sink_take(&sink, &row);
		++*count;
	}
	sink_end(&sink);
	query_close(query);
	return *more || err->code == ERR_NONE;
}

/* Connections in a format for machines. */
struct output {
	const struct writer_class *class;
	struct writer *writer;
};

struct output *output_open(enum output_format format, struct err *err)
{
	const struct writer_class *class = formats[format].writer;

	if (!class) {
		err_set(err, ERR_USAGE, "--follow: not with --format %s (json, csv, zeek, transitions)",
			formats[format].word);
		return NULL;
	}
	struct output *output = mem_new(1, sizeof *output);
	*output = (struct output){class, class->open(stdout)};
	return output;
}

bool output_add(struct output *output, struct store *store, const struct query_filter *filter, struct err *err)
{
	struct query *query = query_connections(store, filter, err);
	struct conn_record record;

	if (!query)
		return false;
	while (query_next(query, &record, err))
		output->class->record(output->writer, &record);
	query_close(query);
	fflush(stdout);
	return err->code == ERR_NONE;
}

void output_close(struct output *output)
{
	if (!output)
		return;
	output->class->close(output->writer);
	fflush(stdout);
	free(output);
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
	struct grid_style style = {term_width(stdout), term_use_color(stdout, color)};
	struct query_filter asked = *filter;
	bool more;
	asked.codes = !class && !style.width;
	asked.withdrawn = format == OUTPUT_ANOMALIES;
	if (format == OUTPUT_ANOMALIES)
		return output_anomalies(store, &asked, format, color, count, &more, err);
	struct query *query = query_connections(store, &asked, err);
	if (!query)
		return false;
	struct table *table = class ? NULL : table_open(stdout, &style);
	struct writer *writer = class ? class->open(stdout) : NULL;
	for (; query_next(query, &record, err); ++*count)
		if (class)
			class->record(writer, &record);
		else
			table_record(table, &record, asked.codes ? query_codes(query) : NULL);
	if (class)
		class->close(writer);
	else
		table_close(table);
	query_close(query);
	fflush(stdout);
	return err->code == ERR_NONE;
}

/* --- answers --------------------------------------------------------------------------------------- */

bool output_is_of_answers(enum output_format format)
{
	return format == OUTPUT_TABLE || format == OUTPUT_JSON || format == OUTPUT_CSV;
}

bool output_answer_parse(const struct options *o, struct output_answer *out, struct err *err)
{
	return output_parse(o->format, OUTPUT_TABLE, &out->format, err) && options_color(o, &out->color, err) &&
	       (output_is_of_answers(out->format) ||
		       err_set(err, ERR_USAGE, "--format %s: not of answers (table, json or csv)", o->format));
}

struct output_rows {
	enum output_format format;
	const struct answer_column *columns;
	unsigned count;
	struct answer_table *table; /* or NULL */
	struct strbuf line;
};

struct output_rows *output_rows_open(
	const struct output_answer *out, const struct answer_column *columns, unsigned count)
{
	struct grid_style style = {term_width(stdout), term_use_color(stdout, out->color)};
	struct output_rows *rows = mem_new(1, sizeof *rows);

	rows->format = out->format;
	rows->columns = columns;
	rows->count = count;
	if (out->format == OUTPUT_TABLE)
		rows->table = answer_table_open(stdout, &style, columns, count, &out->texts);
	else if (out->format == OUTPUT_CSV)
		answer_csv_head(&rows->line, columns, count);
	return rows;
}

void output_rows_add(struct output_rows *rows, const struct answer_value *values)
{
	if (rows->table)
		answer_table_row(rows->table, values);
	else if (rows->format == OUTPUT_CSV)
		answer_csv_add(&rows->line, rows->count, values);
	else
		answer_json_add(&rows->line, rows->columns, rows->count, values);
	strbuf_flush(&rows->line, stdout);
}

void output_rows_close(struct output_rows *rows)
{
	if (rows->table)
		answer_table_close(rows->table);
	strbuf_flush(&rows->line, stdout);
	strbuf_fini(&rows->line);
	free(rows);
	fflush(stdout);
}
