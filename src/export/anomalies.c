/* anomalies: the columns of table anomaly, and the endpoints, as JSON and as CSV. */
#include <string.h>

#include "base/json.h"
#include "export/writer.h"

enum { FIELDS = 18 };

/* One value: a number, CLOCK_NONE for none; or a text, NULL for none, that is JSON already or is not. */
struct field {
	const char *name;
	enum { NUMBER, TEXT, JSON } kind;
	int64_t number;
	const char *text;
};

struct fields {
	struct field field[FIELDS];
	char ip[SIDES][ADDR_TEXT];
};

static void list_fields(const struct anomaly_record *row, struct fields *f)
{
	bool there = row->connection_id != CLOCK_NONE;
	const char *ip[SIDES] = {NULL, NULL};

	for (int side = 0; side < SIDES && there; side++)
		ip[side] = addr_print(&row->ip[side], f->ip[side]);
	const struct field fields[FIELDS] = {
		{"id", NUMBER, row->id, NULL},
		{"connection_id", NUMBER, row->connection_id, NULL},
		{"capture_id", NUMBER, row->capture_id, NULL},
		{"time_ns", NUMBER, row->time_ns, NULL},
		{"code", TEXT, 0, row->code},
		{"side", TEXT, 0, row->side},
		{"severity", TEXT, 0, row->severity},
		{"confidence", TEXT, 0, row->confidence},
		{"count", NUMBER, row->count, NULL},
		{"first_ns", NUMBER, row->first_ns, NULL},
		{"last_ns", NUMBER, row->last_ns, NULL},
		{"withdrawn_ns", NUMBER, row->withdrawn_ns, NULL},
		{"evidence", JSON, 0, row->evidence},
		{"packet", NUMBER, row->packet, NULL},
		{"initiator_ip", TEXT, 0, ip[INITIATOR]},
		{"initiator_port", NUMBER, there ? row->port[INITIATOR] : CLOCK_NONE, NULL},
		{"responder_ip", TEXT, 0, ip[RESPONDER]},
		{"responder_port", NUMBER, there ? row->port[RESPONDER] : CLOCK_NONE, NULL},
	};
	memcpy(f->field, fields, sizeof fields);
}

static bool is_null(const struct field *field)
{
	return field->kind == NUMBER ? field->number == CLOCK_NONE : !field->text;
}

void anomaly_json_add(struct strbuf *line, const struct anomaly_record *row)
{
	struct fields f;

	list_fields(row, &f);
	for (int i = 0; i < FIELDS; i++) {
		const struct field *field = &f.field[i];

		strbuf_addf(line, "%c\"%s\":", i ? ',' : '{', field->name);
		if (is_null(field))
			strbuf_add(line, "null");
		else if (field->kind == NUMBER)
			strbuf_add_int(line, field->number);
		else if (field->kind == JSON)
			strbuf_add(line, field->text);
		else
			json_add_string(line, field->text);
	}
	strbuf_add(line, "}\n");
}

void anomaly_csv_head(struct strbuf *line)
{
	struct anomaly_record none = {.connection_id = CLOCK_NONE};
	struct fields f;

	list_fields(&none, &f);
	for (int i = 0; i < FIELDS; i++)
		strbuf_addf(line, "%s%s", i ? "," : "", f.field[i].name);
	strbuf_add(line, "\r\n");
}

void anomaly_csv_add(struct strbuf *line, const struct anomaly_record *row)
{
	struct fields f;

	list_fields(row, &f);
	for (int i = 0; i < FIELDS; i++) {
		const struct field *field = &f.field[i];

		strbuf_add(line, i ? "," : "");
		if (is_null(field))
			continue;
		if (field->kind == NUMBER)
			strbuf_add_int(line, field->number);
		else
			writer_add_csv(line, field->text);
	}
	strbuf_add(line, "\r\n");
}
