/* The leaves of base/: addresses, bytes, times, text, JSON, pools, errors. */
#include "base/addr.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/pool.h"
#include "base/sha1.h"
#include "base/words.h"
#include "tests/lib/tap.h"

static void addresses(void)
{
	static const char *const same[] = {"0.0.0.0", "10.0.0.1", "192.168.100.255", "::", "::1", "2001:db8::1",
		"fe80::1:2:3:4", "::ffff:5.6.7.8"};
	struct addr a, b;
	char text[ADDR_TEXT];
	unsigned bits;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		tap_ok(addr_parse(same[i], &a) && !strcmp(addr_print(&a, text), same[i]),
			"%s reads and prints the same", same[i]);
	addr_parse("2001:0DB8:0:0:0:0:0:1", &a);
	tap_equal_text(addr_print(&a, text), "2001:db8::1", "canonical text (RFC 5952)");
	tap_ok(!addr_parse("10.0.0.256", &a) && !addr_parse("", &a) && !addr_parse("10.0.0", &a) &&
			!addr_parse("::g", &a),
		"what is no address is none");
	addr_parse_prefix("10.1.0.0/16", &a, &bits);
	addr_parse("10.1.255.255", &b);
	tap_ok(bits == 112 && addr_in_prefix(&a, &b, bits), "10.1.255.255 is in 10.1.0.0/16");
	addr_parse("10.2.0.0", &b);
	tap_ok(!addr_in_prefix(&a, &b, bits) && addr_in_prefix(&a, &b, 110), "10.2.0.0 is not, but in 10.0.0.0/14");
	tap_ok(addr_parse_prefix("::/0", &a, &bits) && bits == 0 && addr_in_prefix(&a, &b, 0), "::/0 holds everything");
	tap_ok(!addr_parse_prefix("10.0.0.0/33", &a, &bits) && !addr_parse_prefix("10.0.0.0/", &a, &bits) &&
			!addr_parse_prefix("10.0.0.0/-1", &a, &bits) && !addr_parse_prefix("x/8", &a, &bits),
		"impossible prefixes");
}

static void cursors(void)
{
	static const uint8_t octets[] = {1, 2, 3, 4, 5, 6};
	struct bytes b = {octets, sizeof octets}, part;
	uint16_t two;
	uint32_t four;
	uint8_t one;

	tap_ok(bytes_u16(&b, &two) && two == 0x0102 && b.left == 4, "network order");
	tap_ok(bytes_u32_le(&b, &four) && four == 0x06050403 && !b.left, "little-endian");
	tap_ok(!bytes_u8(&b, &one) && !bytes_skip(&b, 1) && bytes_skip(&b, 0) && !b.left,
		"nothing is read behind the end");
	b = (struct bytes){octets, sizeof octets};
	tap_ok(!bytes_take(&b, 7, &part) && b.left == 6 && bytes_take(&b, 2, &part) && part.left == 2 && b.left == 4,
		"a part is taken whole or not at all");
	tap_ok(!bytes_skip(&b, SIZE_MAX) && b.left == 4, "a length that would wrap is too long");
	bytes_clip(&b, 100);
	tap_ok(b.left == 4, "clipping never makes it longer");
}

static bool span_is(const char *text, int64_t wanted)
{
	int64_t ns;

	return clock_parse_span(text, &ns) && ns == wanted;
}

static bool time_is(const char *text, int64_t wanted)
{
	int64_t ns;

	return clock_parse(text, INT64_C(1000000) * NS_PER_S, &ns) && ns == wanted;
}

static void times(void)
{
	char text[CLOCK_TEXT];
	int64_t ns;

	tap_equal_text(clock_print(0, 9, text), "1970-01-01T00:00:00.000000000Z", "the epoch");
	tap_equal_text(clock_print(-1, 9, text), "1969-12-31T23:59:59.999999999Z", "a nanosecond before");
	tap_equal_text(clock_print(INT64_C(4294967296) * NS_PER_S, 0, text), "2106-02-07T06:28:16Z", "beyond 32 bits");
	tap_equal_text(
		clock_print(1234567890, 3, text), "1970-01-01T00:00:01.234Z", "milliseconds are cut, not rounded");
	tap_ok(time_is("1970-01-01T00:00:01Z", NS_PER_S) && time_is("1970-01-02", 86400 * NS_PER_S) &&
			time_is("1970-01-01T01:00:00.5+01:00", NS_PER_S / 2) &&
			time_is("1970-01-01 00:00:02", 2 * NS_PER_S),
		"RFC 3339, with offset, without zone, a date alone");
	tap_ok(time_is("12.25", 12 * NS_PER_S + NS_PER_S / 4) &&
			time_is("1795399936.061323000", INT64_C(1795399936061323000)),
		"seconds since the epoch, exactly");
	tap_ok(time_is("2h", INT64_C(1000000) * NS_PER_S - 7200 * NS_PER_S), "an age");
	tap_ok(!clock_parse("yesterday", 0, &ns) && !clock_parse("", 0, &ns) && !clock_parse("2026-13-01", 0, &ns) &&
			!clock_parse("2026-01-01T25:00:00Z", 0, &ns) && !clock_parse("99999999999999999999", 0, &ns),
		"what is no time is none");
	tap_ok(span_is("60", 60 * NS_PER_S) && span_is("0.5", NS_PER_S / 2) && span_is("250ms", 250 * NS_PER_MS) &&
			span_is("15m", 900 * NS_PER_S) && span_is("3d", INT64_C(259200) * NS_PER_S),
		"spans");
	tap_ok(!clock_parse_span("-1", &ns) && !clock_parse_span("5x", &ns) && !clock_parse_span("", &ns) &&
			!clock_parse_span("999999999999d", &ns),
		"what is no span is none");
	static const struct {
		int64_t ns;
		const char *text;
	} spans[] = {{0, "0 s"}, {812, "812 ns"}, {12400, "12.4 \u00b5s"}, {12381000, "12.4 ms"}, {999600000, "1.00 s"},
		{6437000000, "6.44 s"}, {127 * NS_PER_S, "2 min 07 s"}, {11100 * NS_PER_S, "3 h 05 min"},
		{(12 * 86400 + 4 * 3600) * NS_PER_S, "12 d 4 h"}};
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
		tap_equal_text(clock_print_span(spans[i].ns, text), spans[i].text, "a span for people");
	tap_ok(clock_since(5, 9) == 0 && clock_since(INT64_MAX, INT64_MIN) == INT64_MAX &&
			clock_plus(INT64_MAX, 1) == INT64_MAX && clock_times(2, INT64_MAX - 1) == INT64_MAX &&
			clock_times(3, 5) == 15 && clock_times(0, 5) == 0,
		"times never overflow");
}

/* "key=text", with a # behind whole numbers. */
static const char *members(const char *object)
{
	static char told[200];
	struct json_member member = {0};
	size_t length = 0;

	*told = '\0';
	while (json_next(&object, &member))
		length += (size_t)snprintf(told + length, sizeof told - length, "%s%s=%s%s", length ? " " : "",
			member.key.text, member.text.text, member.is_number ? "#" : "");
	json_member_fini(&member);
	return told;
}

static void texts(void)
{
	struct strbuf b = {0};

	strbuf_add_safe(&b, "a\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xff\xc3\xa4");
	tap_equal_text(b.text, "a\\x1b[2J\\x7f\\xc2\\x9b\\xe2\\x80\\xae\\xff\xc3\xa4",
		"controls, reordering and bad bytes become visible");
	strbuf_clear(&b);
	json_add_string(&b, "\xe2\x80\xae\xc2\x9b");
	tap_equal_text(b.text, "\"\\u202e\\u009b\"", "in JSON too");
	strbuf_clear(&b);
	json_add_string(&b, "q\"\\\n\x1f\xff\xed\xa0\x80\xf0\x9f\x98\x80");
	tap_equal_text(b.text,
		"\"q\\\"\\\\\\u000a\\u001f\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80\"",
		"JSON is valid UTF-8 whatever comes");
	strbuf_clear(&b);
	strbuf_add(&b, "a \t\n ");
	strbuf_trim(&b);
	tap_equal_text(b.text, "a", "blanks go off the end");
	strbuf_clear(&b);
	strbuf_add_shell(&b, "10.0.0.1/x-y_z:1");
	strbuf_add_shell(&b, "");
	strbuf_add_shell(&b, "a'b $(c)");
	tap_equal_text(b.text, "10.0.0.1/x-y_z:1'''a'\\''b $(c)'", "a shell reads each as one word, and runs none");
	tap_equal_text(members(" {\"a\": -1, \"b\" :\"x\\\"\\u00e9\\n\",\"c\":null,\"d\":1.5} "),
		"a=-1# b=x\"\xc3\xa9\n c=null d=1.5", "the members of an object are read");
	static const char *const wrong[] = {"", "{", "}", "x", "[1]", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}",
		"{\"a\":1{\"b\":2}", "{\"a\":[1]}", "{\"a\":{}}", "{\"a\":1}x", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}",
		"{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\\u12", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{\"a\":tru}",
		"{\"a\":--1}"};
	int taken = 0;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		taken += json_is_flat(wrong[i]);
	tap_ok(!taken && json_is_flat("{}") && json_is_flat("{ \"a\":\"}\"}\n"), "and what is none is known");
	strbuf_clear(&b);
	json_add_seconds(&b, -1500000000);
	json_add_seconds(&b, 1);
	tap_equal_text(b.text, "-1.5000000000.000000001", "seconds with nine decimals");
	strbuf_clear(&b);
	strbuf_add_int(&b, INT64_MIN);
	strbuf_add_int(&b, 0);
	tap_equal_text(b.text, "-92233720368547758080", "whole numbers");
	for (int i = 0; i < 5000; i++)
		strbuf_add(&b, "0123456789");
	tap_ok(b.length == 50021 && strlen(b.text) == 50021, "text grows");
	strbuf_fini(&b);
}

static void pools(void)
{
	struct pool p;
	char *a, *b;

	pool_init(&p, 100, 2);
	a = pool_take(&p);
	b = pool_take(&p);
	tap_ok(a && b && !pool_take(&p), "a pool keeps to its budget");
	memset(a, 1, 100);
	pool_give(&p, a);
	tap_ok(pool_take(&p) == a && !a[0] && !a[99] && p.taken == 2, "what was given back is taken again, zeroed");
	pool_fini(&p);
	pool_fini(&p);
	tap_ok(!p.taken, "fini accepts the zero value");
}

static void others(void)
{
	struct err err = {ERR_NONE, ""};
	struct hash_key key = {1, 2}, other = {1, 3};
	const uint64_t words[2] = {5, 6}, swapped[2] = {6, 5};
	char name[2000];
	enum tcp_state state;

	tap_ok(!err_set(&err, ERR_USAGE, "no such %s", "file") && !err_context(&err, "edge.pcap") &&
			err.code == ERR_USAGE && !strcmp(err.text, "edge.pcap: no such file"),
		"an error tells its context first");
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	err_context(&err, "%s", name);
	tap_ok(strlen(err.text) < sizeof err.text, "and is cut where it is absurdly long");
	tap_ok(hash_words(&key, words, 2) != hash_words(&other, words, 2) &&
			hash_words(&key, words, 2) != hash_words(&key, swapped, 2) &&
			hash_words(&key, words, 1) != hash_words(&key, words, 2) &&
			hash_bytes(&key, "ab", 2) != hash_bytes(&key, "ab", 1),
		"the hash depends on key, order and length");
	tap_ok(state_from_word("fin-wait-2") == TCP_FIN_WAIT_2 && state_from_word("CW") == TCP_CLOSE_WAIT &&
			state_from_word("OPEN") == TCP_UNKNOWN && state_from_code("LA", &state) &&
			state == TCP_LAST_ACK,
		"states by name and by code");
}

/* RFC 3174 7.3, and the longest message there is room for. */
static void test_sha1(void)
{
	static const struct {
		const char *message, *digest;
	} known[] = {
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"0123456789012345678901234567890123456789012345678901234", "9f3a4ce7f66b1b74c34da2c5d732c39f81e0f8df"},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uint8_t digest[SHA1_BYTES];
		char text[2 * SHA1_BYTES + 1];

		sha1((const uint8_t *)known[i].message, strlen(known[i].message), digest);
		for (int j = 0; j < SHA1_BYTES; j++)
			snprintf(text + 2 * j, 3, "%02x", digest[j]);
		tap_equal_text(text, known[i].digest, "SHA-1 of a known message");
	}
}

int main(void)
{
	addresses();
	cursors();
	times();
	texts();
	pools();
	others();
	test_sha1();
	return tap_end();
}
