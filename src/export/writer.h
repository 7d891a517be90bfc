/* writer: connections as text for machines and people: one small file per format.
 *
 * The same formats wherever --format stands.  A writer gets records in order and prints them to its stream;
 * it knows nothing of where they come from.  Commands never know the format. */
#ifndef LASTACK_EXPORT_WRITER_H
#define LASTACK_EXPORT_WRITER_H

#include <stdbool.h>
#include <stdio.h>

#include "record/anomaly.h"
#include "record/record.h"

struct writer {
	FILE *out;
	struct strbuf line; /* what is written next */
};

/* What the formats share: a writer without a line, and its end. */
struct writer *writer_new(FILE *out);
void writer_free(struct writer *writer);

/* Adds the value of an INT, FLAG or REAL column to the line; false, and nothing added, for the other kinds. */
bool writer_add_number(struct writer *writer, enum record_kind kind, const struct record_value *value);

struct writer_class {
	const char *name;  /* as after --format */
	const char *about; /* one line of help */
	struct writer *(*open)(FILE *out);
	void (*record)(struct writer *writer, const struct conn_record *record);
	void (*close)(struct writer *writer); /* prints what is left, frees; never closes the stream */
};

/* Text as one value of CSV. */
void writer_add_csv(struct strbuf *line, const char *text);

/* One anomaly as a JSON object and the end of its line: evidence nested, what is not there null. */
void anomaly_json_add(struct strbuf *line, const struct anomaly_record *row);

/* The same as a line of CSV, with the evidence as text; and the line of names. */
void anomaly_csv_head(struct strbuf *line);
void anomaly_csv_add(struct strbuf *line, const struct anomaly_record *row);

/* The formats for machines: json, csv, transitions.  view/ adds table; none has no writer. */
extern const struct writer_class writer_json, writer_csv, writer_zeek, writer_transitions;

#endif
