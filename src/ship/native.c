/* native: see native.h. */
#include "ship/native.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum kind { INTEGER, FLOAT, TEXT };

struct type {
	const char *name;
	enum kind kind;
	unsigned bytes;
	int64_t least, most;
};

static const struct type types[] = {
	{"Int8", INTEGER, 1, INT8_MIN, INT8_MAX}, {"Int16", INTEGER, 2, INT16_MIN, INT16_MAX},
	{"Int32", INTEGER, 4, INT32_MIN, INT32_MAX}, {"Int64", INTEGER, 8, INT64_MIN, INT64_MAX},
	{"UInt8", INTEGER, 1, 0, UINT8_MAX}, {"UInt16", INTEGER, 2, 0, UINT16_MAX},
	{"UInt32", INTEGER, 4, 0, UINT32_MAX}, {"UInt64", INTEGER, 8, 0, INT64_MAX}, {"Float32", FLOAT, 4, 0, 0},
	{"Float64", FLOAT, 8, 0, 0}, {"String", TEXT, 0, 0, 0}, /* the last: also what no other row is */
};
enum { TYPES = sizeof types / sizeof *types };

struct column {
	char *name;
	const struct type *type;
	bool nullable;
	struct strbuf nulls, values;
};

struct native {
	struct column *columns;
	int count, next; /* the column that the next value is of */
	int64_t rows;
};

struct native *native_new(void)
{
	return mem_new(1, sizeof(struct native));
}

void native_free(struct native *native)
{
	if (!native)
		return;
	for (int i = 0; i < native->count; i++) {
		free(native->columns[i].name);
		strbuf_fini(&native->columns[i].nulls);
		strbuf_fini(&native->columns[i].values);
	}
	free(native->columns);
	free(native);
}

/* Takes WORD(...) from around a type; false when it is not there. */
static bool unwrap(const char **type, size_t *length, const char *word)
{
	size_t begin = strlen(word);

	if (*length <= begin + 1 || strncmp(*type, word, begin) || (*type)[begin] != '(')
		return false;
	*type += begin + 1;
	*length -= begin + 2;
	return true;
}

void native_column(struct native *native, const char *name, const char *type)
{
	size_t length = strlen(type);

	native->columns = mem_grow(native->columns, (size_t)(native->count + 1) * sizeof *native->columns);
	struct column *column = &native->columns[native->count++];
	*column = (struct column){.name = mem_copy(name), .type = &types[TYPES - 1]};
	unwrap(&type, &length, "LowCardinality"); /* sent as what it holds */
	column->nullable = unwrap(&type, &length, "Nullable");
	for (int i = 0; i < TYPES; i++)
		if (strlen(types[i].name) == length && !strncmp(types[i].name, type, length))
			column->type = &types[i];
}

/* --- values --------------------------------------------------------------------------------------- */

/* LEB128, as all lengths and counts are. */
static void add_length(struct strbuf *out, uint64_t length)
{
	for (; length > 0x7f; length >>= 7)
		strbuf_add_char(out, (char)(length | 0x80));
	strbuf_add_char(out, (char)length);
}

static void add_text(struct strbuf *out, const char *text, size_t length)
{
	add_length(out, length);
	strbuf_add_n(out, text, length);
}

static void add_little_endian(struct strbuf *out, uint64_t bits, unsigned bytes)
{
	char *at = strbuf_room(out, sizeof bits);

	bits = htole64(bits);
	memcpy(at, &bits, sizeof bits);
	strbuf_wrote(out, at + bytes);
}

static void put_integer(struct column *column, const struct spool_value *value)
{
	const struct type *type = column->type;
	int64_t integer = value->kind == SPOOL_INTEGER ? value->integer : 0;

	integer = integer < type->least ? type->least : integer > type->most ? type->most : integer;
	add_little_endian(&column->values, (uint64_t)integer, type->bytes);
}

static void put_float(struct column *column, const struct spool_value *value)
{
	double real = value->kind == SPOOL_REAL      ? value->real
		      : value->kind == SPOOL_INTEGER ? (double)value->integer
						     : 0;
	float narrow = (float)real;
	uint64_t bits = 0;
	uint32_t narrow_bits = 0;

	memcpy(&bits, &real, sizeof bits);
	memcpy(&narrow_bits, &narrow, sizeof narrow_bits);
	add_little_endian(
		&column->values, column->type->bytes == sizeof narrow ? narrow_bits : bits, column->type->bytes);
}

static void put_text(struct column *column, const struct spool_value *value)
{
	char digits[DIGITS_MOST];

	if (value->kind == SPOOL_INTEGER)
		add_text(&column->values, digits, (size_t)(digits_put(digits, value->integer) - digits));
	else
		add_text(&column->values, value->kind == SPOOL_TEXT ? value->text : "",
			value->kind == SPOOL_TEXT ? value->length : 0);
}

void native_put(struct native *native, struct spool_value value)
{
	static void (*const put[])(struct column *, const struct spool_value *) = {
		[INTEGER] = put_integer,
		[FLOAT] = put_float,
		[TEXT] = put_text,
	};
	struct column *column = &native->columns[native->next];

	if (column->nullable)
		strbuf_add_char(&column->nulls, value.kind == SPOOL_NULL);
	put[column->type->kind](column, &value);
	if (++native->next == native->count) {
		native->next = 0;
		native->rows++;
	}
}

int64_t native_rows(const struct native *native)
{
	return native->rows;
}

/* --- the block ------------------------------------------------------------------------------------ */

static void add_name(struct strbuf *out, const struct column *column)
{
	struct strbuf type = {0};

	add_text(out, column->name, strlen(column->name));
	strbuf_addf(&type, column->nullable ? "Nullable(%s)" : "%s", column->type->name);
	add_text(out, type.text, type.length);
	strbuf_fini(&type);
}

void native_write(struct native *native, struct strbuf *out)
{
	add_length(out, (uint64_t)native->count);
	add_length(out, (uint64_t)native->rows);
	for (int i = 0; i < native->count; i++) {
		struct column *column = &native->columns[i];

		add_name(out, column);
		if (column->nullable && native->rows)
			strbuf_add_n(out, column->nulls.text, column->nulls.length);
		if (native->rows)
			strbuf_add_n(out, column->values.text, column->values.length);
		strbuf_clear(&column->nulls);
		strbuf_clear(&column->values);
	}
	native->rows = 0;
}
