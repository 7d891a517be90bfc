/* geo: see geo.h.  Files are read as https://maxmind.github.io/MaxMind-DB/ says, by libmaxminddb.
 *
 * A file is hostile input like any other: it may promise what it does not hold.  Every value is
 * taken only where it has the type and the range that its field has; a record that cannot be read
 * is a record that is not there. */
#include "enrich/geo.h"

#include <errno.h>
#include <maxminddb.h>
#include <math.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/utf8.h"

struct geo {
	MMDB_s *files;
	unsigned count;
};

/* Where the fields stand in a record.  City, Country and Enterprise files nest them; ASN and ISP
 * files have the network at the top. */
struct field {
	enum { TEXT, DEGREES, NUMBER } kind;
	size_t offset; /* in struct geo_entry */
	double limit;  /* of DEGREES, either side of 0 */
	const char *path[5];
};

static const struct field fields[] = {
	{TEXT, offsetof(struct geo_entry, country), 0, {"country", "iso_code"}},
	{TEXT, offsetof(struct geo_entry, region), 0, {"subdivisions", "0", "names", "en"}},
	{TEXT, offsetof(struct geo_entry, city), 0, {"city", "names", "en"}},
	{DEGREES, offsetof(struct geo_entry, latitude), 90, {"location", "latitude"}},
	{DEGREES, offsetof(struct geo_entry, longitude), 180, {"location", "longitude"}},
	{NUMBER, offsetof(struct geo_entry, asn), 0, {"autonomous_system_number"}},
	{NUMBER, offsetof(struct geo_entry, asn), 0, {"traits", "autonomous_system_number"}},
	{TEXT, offsetof(struct geo_entry, organisation), 0, {"autonomous_system_organization"}},
	{TEXT, offsetof(struct geo_entry, organisation), 0, {"traits", "autonomous_system_organization"}},
};

/* Words of a file's type that promise at least one of the fields: "GeoLite2-City", "DBIP-ASN-Lite
 * (compat=...)". */
static const char *const known_types[] = {"City", "Country", "Enterprise", "Location", "ASN", "ISP"};

struct geo *geo_new(void)
{
	return mem_new(1, sizeof(struct geo));
}

void geo_free(struct geo *geo)
{
	if (!geo)
		return;
	for (unsigned i = 0; i < geo->count; i++)
		MMDB_close(&geo->files[i]);
	free(geo->files);
	free(geo);
}

const char *geo_library_version(void)
{
	return MMDB_lib_version();
}

/* --- adding a file ------------------------------------------------------------------------------- */

static bool type_is_known(const char *type)
{
	for (size_t i = 0; i < sizeof known_types / sizeof *known_types; i++)
		if (strstr(type, known_types[i]))
			return true;
	return false;
}

/* Opening a pipe would wait for its writer, and a folder would read as an odd file. */
static bool check_file(const char *path, struct err *err)
{
	struct stat status;

	if (stat(path, &status))
		return errno == ENOENT ? err_set(err, ERR_FAILED, "%s: no such file (--geo takes .mmdb files)", path)
				       : err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_FAILED, "%s: not a file (--geo takes .mmdb files)", path);
	return true;
}

static bool open_failed(const char *path, int result, struct err *err)
{
	switch (result) {
	case MMDB_OUT_OF_MEMORY_ERROR:
		err_no_memory();
	case MMDB_FILE_OPEN_ERROR:
		return err_set(err, ERR_FAILED, "%s: no permission to read it", path);
	default: /* the library's words for the rest mean nothing to who has only fetched the file
		  */
		return err_set(err, ERR_FAILED,
			"%s: not a MaxMind DB file, or damaged (fetch it again; --geo takes .mmdb "
			"files)",
			path);
	}
}

bool geo_add(struct geo *geo, const char *path, struct err *err)
{
	MMDB_s file;

	if (!check_file(path, err))
		return false;
	int result = MMDB_open(path, MMDB_MODE_MMAP, &file);
	if (result != MMDB_SUCCESS)
		return open_failed(path, result, err);
	if (!type_is_known(file.metadata.database_type)) {
		err_set(err, ERR_FAILED, "%s: of type '%.80s' (--geo takes country, city and ASN databases)", path,
			file.metadata.database_type);
		MMDB_close(&file);
		return false;
	}
	geo->files = mem_grow(geo->files, (geo->count + 1) * sizeof *geo->files);
	geo->files[geo->count++] = file;
	return true;
}

/* --- looking up ---------------------------------------------------------------------------------- */

/* Whole characters only; what is no UTF-8 is no name. */
static bool take_text(const MMDB_entry_data_s *data, char *text)
{
	size_t length = data->data_size < GEO_TEXT ? data->data_size : GEO_TEXT - 1, at = 0, n;
	bool cut = length < data->data_size;
	uint32_t point;

	memcpy(text, data->utf8_string, length);
	text[length] = '\0';
	while (text[at] && (n = utf8_next((const unsigned char *)text + at, &point)) > 0)
		at += n;
	if (at < length && !(cut && length - at < 4))
		at = 0;
	text[at] = '\0';
	return at > 0;
}

static bool take_degrees(const MMDB_entry_data_s *data, double limit, double *degrees)
{
	double value = data->type == MMDB_DATA_TYPE_DOUBLE  ? data->double_value
		       : data->type == MMDB_DATA_TYPE_FLOAT ? (double)data->float_value
							    : NAN;

	if (!(fabs(value) <= limit))
		return false;
	*degrees = value;
	return true;
}

static bool take_number(const MMDB_entry_data_s *data, int64_t *number)
{
	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		*number = data->uint16;
		return true;
	case MMDB_DATA_TYPE_UINT32:
		*number = data->uint32;
		return true;
	default:
		return false;
	}
}

/* Does the entry have a value for the field already, from a file that was named earlier? */
static bool is_known(const struct field *field, const void *at)
{
	switch (field->kind) {
	case TEXT:
		return *(const char *)at;
	case DEGREES:
		return !isnan(*(const double *)at);
	case NUMBER:
		return *(const int64_t *)at != CLOCK_NONE;
	}
	return false;
}

static bool take_field(const struct field *field, MMDB_entry_s *from, struct geo_entry *entry)
{
	void *at = (char *)entry + field->offset;
	MMDB_entry_data_s data;

	if (is_known(field, at) || MMDB_aget_value(from, &data, field->path) != MMDB_SUCCESS || !data.has_data)
		return false;
	switch (field->kind) {
	case TEXT:
		return data.type == MMDB_DATA_TYPE_UTF8_STRING && take_text(&data, at);
	case DEGREES:
		return take_degrees(&data, field->limit, at);
	case NUMBER:
		return take_number(&data, at);
	}
	return false;
}

static bool find(const MMDB_s *file, const struct addr *address, MMDB_entry_s *entry)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *socket = (const struct sockaddr *)&v6;
	int failed = MMDB_SUCCESS;

	if (addr_is_v4(address)) {
		memcpy(&v4.sin_addr, address->octet + 12, sizeof v4.sin_addr);
		socket = (const struct sockaddr *)&v4;
	} else {
		memcpy(&v6.sin6_addr, address->octet, sizeof v6.sin6_addr);
	}
	MMDB_lookup_result_s result = MMDB_lookup_sockaddr(file, socket, &failed);
	*entry = result.entry;
	return failed == MMDB_SUCCESS && result.found_entry;
}

bool geo_lookup(struct geo *geo, const struct addr *address, struct geo_entry *entry)
{
	bool found = false;

	memset(entry, 0, sizeof *entry);
	entry->latitude = entry->longitude = NAN;
	entry->asn = CLOCK_NONE;
	for (unsigned i = 0; i < geo->count; i++) {
		MMDB_entry_s from;

		if (!find(&geo->files[i], address, &from))
			continue;
		for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
			found |= take_field(&fields[f], &from, entry);
	}
	return found;
}
