/* geo: which files are taken, what their records give, and that a bad one gives nothing.
 *
 * The files are made here: a search tree of 24-bit records, a data section, metadata
 * (https://maxmind.github.io/MaxMind-DB/). */
#include "enrich/geo.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/lib/tap.h"

static struct err err;
static char folder[] = "/tmp/lastack-geo-XXXXXX";

/* --- a writer of small files --------------------------------------------------------------------- */

struct mmdb {
	unsigned char data[4096]; /* the data section */
	size_t length;
	unsigned node[256][2]; /* 0: nothing; else a node, or LEAF + offset into the data section */
	unsigned nodes;
};

enum { LEAF = 1 << 20 };
enum { POINTER = 1, STRING = 2, DOUBLE = 3, UINT16 = 5, UINT32 = 6, MAP = 7, ARRAY = 11, UINT64 = 9 };

static void put(struct mmdb *m, const void *bytes, size_t length)
{
	memcpy(m->data + m->length, bytes, length);
	m->length += length;
}

static void put_byte(struct mmdb *m, unsigned byte)
{
	m->data[m->length++] = (unsigned char)byte;
}

/* The control byte or bytes in front of a value. */
static void put_control(struct mmdb *m, unsigned type, size_t size)
{
	unsigned low = size < 29 ? (unsigned)size : size < 285 ? 29 : 30;

	put_byte(m, (type < 8 ? type << 5 : 0) | low);
	if (type >= 8)
		put_byte(m, type - 7);
	if (low == 29)
		put_byte(m, (unsigned)size - 29);
	if (low == 30) {
		put_byte(m, (unsigned)(size - 285) >> 8);
		put_byte(m, (unsigned)(size - 285) & 0xff);
	}
}

static void put_string(struct mmdb *m, const char *text)
{
	put_control(m, STRING, strlen(text));
	put(m, text, strlen(text));
}

static void put_number(struct mmdb *m, unsigned type, size_t size, unsigned long value)
{
	put_control(m, type, size);
	for (size_t i = size; i-- > 0;)
		put_byte(m, (unsigned)(value >> 8 * i) & 0xff);
}

static void put_double(struct mmdb *m, double value)
{
	unsigned long bits;

	memcpy(&bits, &value, sizeof bits);
	put_number(m, DOUBLE, 8, bits);
}

/* The data section's record that begins here is the answer for the first `bits` of the 128-bit
 * address. */
static void put_prefix(struct mmdb *m, const char *text, unsigned bits)
{
	struct addr address;
	unsigned at = 0;

	addr_parse(text, &address);
	if (addr_is_v4(&address))
		memset(address.octet, 0, 12); /* IPv4 stands at ::a.b.c.d in such files */
	for (unsigned i = 0; i < bits; i++) {
		unsigned bit = address.octet[i / 8] >> (7 - i % 8) & 1;

		if (i + 1 == bits)
			m->node[at][bit] = LEAF + (unsigned)m->length;
		else if (!m->node[at][bit])
			m->node[at][bit] = ++m->nodes;
		at = m->node[at][bit];
	}
}

static void put_place(struct mmdb *m, const char *country, const char *region, const char *city, double latitude)
{
	put_control(m, MAP, 4);
	put_string(m, "country");
	put_control(m, MAP, 1);
	put_string(m, "iso_code");
	put_string(m, country);
	put_string(m, "subdivisions");
	put_control(m, ARRAY, 1);
	put_control(m, MAP, 1);
	put_string(m, "names");
	put_control(m, MAP, 1);
	put_string(m, "en");
	put_string(m, region);
	put_string(m, "city");
	put_control(m, MAP, 1);
	put_string(m, "names");
	put_control(m, MAP, 2);
	put_string(m, "de");
	put_string(m, "Anders");
	put_string(m, "en");
	put_string(m, city);
	put_string(m, "location");
	put_control(m, MAP, 2);
	put_string(m, "latitude");
	put_double(m, latitude);
	put_string(m, "longitude");
	put_double(m, -0.0931);
}

static void put_network(struct mmdb *m, unsigned long number, const char *organisation)
{
	put_control(m, MAP, 2);
	put_string(m, "autonomous_system_number");
	put_number(m, UINT32, 4, number);
	put_string(m, "autonomous_system_organization");
	put_string(m, organisation);
}

static void write_mmdb(struct mmdb *m, const char *name, const char *type)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com", gap[16];
	struct mmdb meta = {.length = 0};
	unsigned nodes = m->nodes + 1;
	FILE *file = fopen(name, "wb");

	if (!file) {
		puts("Bail out! no file can be written");
		exit(1);
	}
	for (unsigned i = 0; i < nodes; i++)
		for (unsigned side = 0; side < 2; side++) {
			unsigned to = m->node[i][side], value = !to ? nodes : to >= LEAF ? nodes + 16 + to - LEAF : to;

			fputc((int)(value >> 16), file);
			fputc((int)(value >> 8 & 0xff), file);
			fputc((int)(value & 0xff), file);
		}
	fwrite(gap, 1, sizeof gap, file);
	fwrite(m->data, 1, m->length, file);
	put_control(&meta, MAP, 9);
	put_string(&meta, "binary_format_major_version");
	put_number(&meta, UINT16, 1, 2);
	put_string(&meta, "binary_format_minor_version");
	put_number(&meta, UINT16, 0, 0);
	put_string(&meta, "build_epoch");
	put_number(&meta, UINT64, 4, 1795399936);
	put_string(&meta, "database_type");
	put_string(&meta, type);
	put_string(&meta, "description");
	put_control(&meta, MAP, 0);
	put_string(&meta, "ip_version");
	put_number(&meta, UINT16, 1, 6);
	put_string(&meta, "languages");
	put_control(&meta, ARRAY, 0);
	put_string(&meta, "node_count");
	put_number(&meta, UINT32, 4, nodes);
	put_string(&meta, "record_size");
	put_number(&meta, UINT16, 1, 24);
	fwrite(marker, 1, sizeof marker - 1, file);
	fwrite(meta.data, 1, meta.length, file);
	fclose(file);
}

/* --- tests --------------------------------------------------------------------------------------- */

static bool look(struct geo *geo, const char *text, struct geo_entry *entry)
{
	struct addr address;

	return addr_parse(text, &address) && geo_lookup(geo, &address, entry);
}

static void make_city(void)
{
	struct mmdb m = {.length = 0};

	put_prefix(&m, "192.0.2.0", 96 + 24);
	put_place(&m, "SE", "\xc3\x96sterg\xc3\xb6tland", "Link\xc3\xb6ping", 58.4167);
	put_prefix(&m, "2001:db8::", 32);
	put_place(&m, "JP", "", "", 1234.5);
	write_mmdb(&m, "city.mmdb", "GeoLite2-City");
}

static void make_asn(void)
{
	struct mmdb m = {.length = 0};

	put_prefix(&m, "192.0.0.0", 96 + 8);
	put_network(&m, 4200000000, "Example Networks");
	write_mmdb(&m, "asn.mmdb", "DBIP-ASN-Lite (compat=GeoLite2-ASN)");
}

static void test_lookup(void)
{
	struct geo *geo = geo_new();
	struct geo_entry entry;

	tap_ok(!look(geo, "192.0.2.1", &entry), "without a file nothing is known");
	tap_ok(geo_add(geo, "city.mmdb", &err), "a city database is taken");
	tap_ok(look(geo, "192.0.2.1", &entry), "an address in it is found");
	tap_equal_text(entry.country, "SE", "with its country");
	tap_equal_text(entry.region, "\xc3\x96sterg\xc3\xb6tland", "its region");
	tap_equal_text(entry.city, "Link\xc3\xb6ping", "its city in English");
	tap_ok(fabs(entry.latitude - 58.4167) < 1e-9 && fabs(entry.longitude + 0.0931) < 1e-9, "and where it is");
	tap_ok(entry.asn == CLOCK_NONE && !*entry.organisation, "but not its network");
	tap_ok(!look(geo, "198.51.100.1", &entry), "an address outside is not found");
	tap_ok(look(geo, "2001:db8::7", &entry), "an IPv6 address is found");
	tap_ok(!strcmp(entry.country, "JP") && !*entry.city, "without the city that the file does not know");
	tap_ok(isnan(entry.latitude) && fabs(entry.longitude + 0.0931) < 1e-9,
		"a latitude beyond the poles is not known");
	tap_ok(geo_add(geo, "asn.mmdb", &err), "an ASN database is taken beside it");
	tap_ok(look(geo, "192.0.2.1", &entry) && entry.asn == 4200000000 && !strcmp(entry.city, "Link\xc3\xb6ping"),
		"each file fills what it knows");
	tap_equal_text(entry.organisation, "Example Networks", "with the organisation of the network");
	tap_ok(look(geo, "192.99.0.1", &entry) && !*entry.country, "an address that one of them knows is found");
	geo_free(geo);
	geo_free(NULL);
}

static void test_first_wins(void)
{
	struct mmdb m = {.length = 0};
	struct geo *geo = geo_new();
	struct geo_entry entry;

	put_prefix(&m, "192.0.2.0", 96 + 24);
	put_place(&m, "DK", "Hovedstaden",
		"K\xc3\xb8"
		"benhavn",
		55.7);
	write_mmdb(&m, "other.mmdb", "GeoIP2-Enterprise");
	geo_add(geo, "other.mmdb", &err);
	geo_add(geo, "city.mmdb", &err);
	tap_ok(look(geo, "192.0.2.1", &entry) && !strcmp(entry.country, "DK"), "the file that was named first wins");
	geo_free(geo);
	unlink("other.mmdb");
}

static void test_text(void)
{
	struct mmdb m = {.length = 0};
	struct geo *geo = geo_new();
	struct geo_entry entry;
	char longer[401];

	for (int i = 0; i < 400; i += 2)
		memcpy(longer + i, "\xc3\xb6", 2);
	longer[400] = '\0';
	put_prefix(&m, "192.0.2.0", 96 + 24);
	put_network(&m, 1, longer);
	put_prefix(&m, "192.0.3.0", 96 + 24);
	put_network(&m, 2, "bad \xff text");
	put_prefix(&m, "192.0.4.0", 96 + 24);
	put_control(&m, MAP, 2);
	put_string(&m, "autonomous_system_number");
	put_string(&m, "AS1");
	put_string(&m, "autonomous_system_organization");
	put_number(&m, UINT32, 4, 77);
	put_prefix(&m, "192.0.5.0", 96 + 24);
	put_control(&m, MAP, 200);
	write_mmdb(&m, "text.mmdb", "GeoIP2-ISP");
	tap_ok(geo_add(geo, "text.mmdb", &err), "an ISP database is taken");
	look(geo, "192.0.2.1", &entry);
	tap_equal_int((long long)strlen(entry.organisation), GEO_TEXT - 2, "a long text is cut between two characters");
	tap_ok(look(geo, "192.0.3.1", &entry) && entry.asn == 2 && !*entry.organisation,
		"text that is no UTF-8 is not known");
	tap_ok(!look(geo, "192.0.4.1", &entry), "values of the wrong type are not known");
	tap_ok(!look(geo, "192.0.5.1", &entry), "a record that ends too early is not there");
	geo_free(geo);
	unlink("text.mmdb");
}

static bool refuses(struct geo *geo, const char *path, const char *words)
{
	bool taken = geo_add(geo, path, &err);

	if (!taken && strstr(err.text, words) && !strncmp(err.text, path, strlen(path)))
		return true;
	printf("# %s: %s\n", taken ? "taken" : "refused", err.text);
	return false;
}

static void test_refusals(void)
{
	struct mmdb m = {.length = 0};
	struct geo *geo = geo_new();
	struct geo_entry entry;

	tap_ok(refuses(geo, "missing.mmdb", "no such file"), "a missing file is refused");
	tap_ok(refuses(geo, ".", "not a file"), "a folder is refused");
	fclose(fopen("empty.mmdb", "wb"));
	tap_ok(refuses(geo, "empty.mmdb", ""), "an empty file is refused");
	write_mmdb(&m, "foreign.mmdb", "GeoIP2-Anonymous-IP");
	tap_ok(refuses(geo, "foreign.mmdb", "of type 'GeoIP2-Anonymous-IP'"),
		"a file of another kind is refused by its type");
	if (truncate("foreign.mmdb", 60))
		puts("# not truncated");
	tap_ok(refuses(geo, "foreign.mmdb", "not a MaxMind DB file, or damaged"), "a file without metadata is refused");
	tap_ok(geo_add(geo, "asn.mmdb", &err) && look(geo, "192.0.2.1", &entry),
		"a good file works after refused ones");
	geo_free(geo);
	unlink("empty.mmdb");
	unlink("foreign.mmdb");
}

int main(void)
{
	if (!mkdtemp(folder) || chdir(folder)) {
		puts("Bail out! no temporary folder");
		return 1;
	}
	make_city();
	make_asn();
	test_lookup();
	test_first_wins();
	test_text();
	test_refusals();
	unlink("city.mmdb");
	unlink("asn.mmdb");
	if (chdir("/") || rmdir(folder))
		printf("# %s is not empty\n", folder);
	return tap_end();
}
