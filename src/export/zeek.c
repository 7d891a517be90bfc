/* zeek: Zeek's conn.log, tab separated, with its header and footer.
 *
 * The rows are those of column conn_log (record/zeek_log.h), in the order of the connections asked for; Zeek's own come
 * in the order in which it forgets them.  What only its analyzers know (service, tunnel_parents) is unset.  The times
 * of #open and #close are those of the first row's start and the latest row's end: nothing here reads a clock, and the
 * same connections always give the same log. */
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "export/writer.h"
#include "record/zeek_log.h"

#define FIELDS                                                                                                         \
	FIELD(ts, time)                                                                                                \
	FIELD(uid, string)                                                                                             \
	FIELD(id.orig_h, addr)                                                                                         \
	FIELD(id.orig_p, port)                                                                                         \
	FIELD(id.resp_h, addr)                                                                                         \
	FIELD(id.resp_p, port)                                                                                         \
	FIELD(proto, enum)                                                                                             \
	FIELD(service, string)                                                                                         \
	FIELD(duration, interval)                                                                                      \
	FIELD(orig_bytes, count)                                                                                       \
	FIELD(resp_bytes, count)                                                                                       \
	FIELD(conn_state, string)                                                                                      \
	FIELD(local_orig, bool)                                                                                        \
	FIELD(local_resp, bool)                                                                                        \
	FIELD(missed_bytes, count)                                                                                     \
	FIELD(history, string)                                                                                         \
	FIELD(orig_pkts, count)                                                                                        \
	FIELD(orig_ip_bytes, count)                                                                                    \
	FIELD(resp_pkts, count)                                                                                        \
	FIELD(resp_ip_bytes, count)                                                                                    \
	FIELD(tunnel_parents, set[string])                                                                             \
	FIELD(ip_proto, count)

struct zeek_writer {
	struct writer writer;
	bool begun;
	int64_t last_ns;
};

static struct writer *zeek_open(FILE *out)
{
	struct zeek_writer *z = mem_new(1, sizeof *z);

	z->writer.out = out;
	z->last_ns = CLOCK_NONE;
	return &z->writer;
}

/* As 2026-11-22-10-04-11, UTC. */
static void add_time_line(struct strbuf *line, const char *name, int64_t ns)
{
	char text[CLOCK_TEXT];

	clock_print(ns == CLOCK_NONE ? 0 : ns, 0, text);
	text[strcspn(text, "Z")] = '\0';
	for (char *at = text; (at = strpbrk(at, "T:"));)
		*at = '-';
	strbuf_addf(line, "#%s\t%s\n", name, text);
}

static void begin(struct zeek_writer *z, int64_t first_ns)
{
	struct strbuf *line = &z->writer.line;

	if (z->begun)
		return;
	z->begun = true;
	strbuf_add(line, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n");
	add_time_line(line, "open", first_ns);
#define FIELD(name, type) "\t" #name
	strbuf_add(line, "#fields" FIELDS "\n");
#undef FIELD
#define FIELD(name, type) "\t" #type
	strbuf_add(line, "#types" FIELDS "\n");
#undef FIELD
}

/* Rounded to microseconds, which is what the log has room for. */
static void add_seconds(struct strbuf *line, int64_t us)
{
	bool negative = us < 0;
	uint64_t size = negative ? -(uint64_t)us : (uint64_t)us;

	strbuf_addf(line, "%s%llu.%06llu", negative ? "-" : "", (unsigned long long)(size / 1000000),
		(unsigned long long)(size % 1000000));
}

static int64_t round_us(int64_t ns)
{
	return ns / NS_PER_US + (ns % NS_PER_US >= 500) - (ns % NS_PER_US < -500);
}

/* C and 16 letters or digits, the same whenever the same row is printed. */
static void add_uid(struct strbuf *line, const struct conn_record *record, int64_t start_ns)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t words[7] = {(uint64_t)record->id, (uint64_t)start_ns,
		(uint64_t)record->port[INITIATOR] << 16 | (uint64_t)record->port[RESPONDER]};

	memcpy(words + 3, &record->ip[INITIATOR], 16);
	memcpy(words + 5, &record->ip[RESPONDER], 16);
	strbuf_add_char(line, 'C');
	for (uint64_t half = 0; half < 2; half++) {
		uint64_t hash = hash_words(&(struct hash_key){half, 0}, words, sizeof words / sizeof *words);

		for (int i = 0; i < 8; i++, hash /= 62)
			strbuf_add_char(line, letters[hash % 62]);
	}
}

/* Zeek's Site::private_address_space: blocks that IANA keeps from being routed, and their 6to4 forms (RFC 3056). */
static bool is_local(const struct addr *ip)
{
	static const char *const texts[] = {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
		"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23",
		"2001:db8::/32", "fc00::/7", "fe80::/10"};
	static struct addr prefixes[sizeof texts / sizeof *texts];
	static unsigned bits[sizeof texts / sizeof *texts];
	static const uint8_t sixtofour[2] = {0x20, 0x02};
	struct addr inner = *ip;

	if (!memcmp(ip->octet, sixtofour, sizeof sixtofour))
		inner = addr_from_v4(ip->octet + sizeof sixtofour);
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!bits[i])
			addr_parse_prefix(texts[i], &prefixes[i], &bits[i]);
		if (addr_in_prefix(&inner, &prefixes[i], bits[i]))
			return true;
	}
	return false;
}

static void add_number(struct strbuf *line, int64_t number)
{
	strbuf_add_char(line, '\t');
	strbuf_add_int(line, number);
}

static void add_endpoint(struct strbuf *line, const struct conn_record *record, enum side side)
{
	char ip[ADDR_TEXT];

	strbuf_add_char(line, '\t');
	strbuf_add(line, addr_print(&record->ip[side], ip));
	add_number(line, record->port[side]);
}

static void add_row(struct strbuf *line, const struct conn_record *record, const struct zeek_log_row *row)
{
	enum side originator = row->side, responder = originator == INITIATOR ? RESPONDER : INITIATOR;
	int64_t start_ns = clock_plus(record->first_ns, row->offset_ns);

	add_seconds(line, round_us(start_ns));
	strbuf_add_char(line, '\t');
	add_uid(line, record, start_ns);
	add_endpoint(line, record, originator);
	add_endpoint(line, record, responder);
	strbuf_add(line, "\ttcp\t-\t");
	if (row->duration_us > 0) { /* of one instant neither it nor the sizes are told */
		add_seconds(line, row->duration_us);
		add_number(line, row->bytes[0]);
		add_number(line, row->bytes[1]);
	} else {
		strbuf_add(line, "-\t-\t-");
	}
	strbuf_addf(line, "\t%s\t%c\t%c", row->conn_state, is_local(&record->ip[originator]) ? 'T' : 'F',
		is_local(&record->ip[responder]) ? 'T' : 'F');
	add_number(line, row->missed_bytes);
	strbuf_addf(line, "\t%s", *row->history ? row->history : "-");
	for (int i = 0; i < SIDES; i++) {
		add_number(line, row->packets[i]);
		add_number(line, row->ip_bytes[i]);
	}
	strbuf_add(line, "\t-\t6\n");
}

static void zeek_record(struct writer *w, const struct conn_record *record)
{
	struct zeek_writer *z = (struct zeek_writer *)w;
	const char *at = record->conn_log;
	char room[2][ZEEK_LOG_WORD];
	struct zeek_log_row row;

	while (at && zeek_log_next(&at, &row, room)) {
		int64_t start_ns = clock_plus(record->first_ns, row.offset_ns);
		int64_t end_ns = clock_plus(start_ns, row.duration_us * NS_PER_US);

		begin(z, start_ns);
		if (end_ns > z->last_ns)
			z->last_ns = end_ns;
		add_row(&w->line, record, &row);
	}
	strbuf_flush(&w->line, w->out);
}

static void zeek_close(struct writer *w)
{
	struct zeek_writer *z = (struct zeek_writer *)w;

	begin(z, CLOCK_NONE);
	add_time_line(&w->line, "close", z->last_ns);
	strbuf_flush(&w->line, w->out);
	writer_free(w);
}

const struct writer_class writer_zeek = {"zeek", "Zeek's conn.log", zeek_open, zeek_record, zeek_close};
