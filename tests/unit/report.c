/* report: figures over time, words kept once, lives packed, and text that is made safe for a page. */
#include <stdlib.h>

#include "base/html.h"
#include "base/sha256.h"
#include "report/dictionary.h"
#include "report/life.h"
#include "report/sums.h"
#include "tests/lib/tap.h"

static struct strbuf text;

/* --- text ------------------------------------------------------------------------------------------ */

static const char *as_html(const char *from)
{
	strbuf_clear(&text);
	html_add(&text, from);
	return text.text ? text.text : "";
}

static const char *grouped(int64_t count)
{
	strbuf_clear(&text);
	html_add_count(&text, count);
	return text.text;
}

static void test_text(void)
{
	char hash[SHA256_BASE64];
	char million[1000];

	tap_equal_text(as_html("<a href='x'>\"&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;",
		"nothing is markup");
	tap_equal_text(as_html("a\033[2J\n\xff\u202e\u00e9"), "a\\x1b[2J\\x0a\\xff\\xe2\\x80\\xae\u00e9",
		"what cannot be printed is told");
	tap_equal_text(grouped(1234567), "1\u202f234\u202f567", "counts are in groups of three");
	tap_equal_text(grouped(-100), "-100", "of less there is one");
	/* FIPS 180-4; NIST's examples of SHA-256 */
	tap_equal_text(
		sha256_base64("", 0, hash), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "SHA-256 of nothing");
	tap_equal_text(
		sha256_base64("abc", 3, hash), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "of three letters");
	tap_equal_text(sha256_base64("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hash),
		"JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=", "of what takes two blocks with its end");
	memset(million, 'a', sizeof million);
	tap_equal_text(sha256_base64(million, sizeof million, hash),
		"Qe3s5C1j6Nm/UVqbppMuHCDLyfWl0TRkWttdsblzfqM=", "of many blocks");
}

/* --- words ----------------------------------------------------------------------------------------- */

static void test_dictionary(void)
{
	struct dictionary d = {.count = 0};
	bool same = true;
	char word[16];

	tap_equal_int(dictionary_add(&d, ""), 0, "words are numbered from 0");
	for (int round = 0; round < 2; round++)
		for (int i = 1; i < 5000; i++) {
			snprintf(word, sizeof word, "%d", i);
			same &= dictionary_add(&d, word) == (uint32_t)i &&
				!strcmp(dictionary_text(&d, (uint32_t)i), word);
		}
	tap_ok(same, "and keep their number");
	tap_equal_int(d.count, 5000, "each is kept once");
	dictionary_fini(&d);
}

/* --- sums ------------------------------------------------------------------------------------------ */

static struct conn_record connection(int64_t first_ns, int64_t lasts_us, const char *timeline)
{
	struct conn_record r;

	record_clear(&r);
	r.first_ns = first_ns;
	r.duration_us = lasts_us;
	r.last_ns = first_ns + lasts_us * NS_PER_US;
	r.closed_ns = r.last_ns;
	r.outcome = outcome_words[OUTCOME_CLOSED].word;
	r.timeline = timeline;
	return r;
}

struct totals {
	int64_t opened, closed, reset;
	double held; /* s, of both sides in all states */
};

static struct totals total(const struct sums *sums)
{
	struct totals t = {0};

	for (int i = 0; i < sums->columns; i++) {
		t.opened += sums->column[i].opened;
		t.closed += sums->column[i].closed;
		t.reset += sums->column[i].reset;
		for (int side = 0; side < SIDES; side++)
			for (int state = 0; state < TCP_STATES; state++)
				t.held += sums->column[i].held[side][state] / 1e9;
	}
	return t;
}

static void test_columns(void)
{
	struct sums *sums = malloc(sizeof *sums);
	struct conn_record r = connection(10 * NS_PER_S, 2500000,
		"[[0,\"I\",\"SS\",\"p\"],[500000,\"I\",\"ES\",\"p\"],[500000,\"I\",\"ES\",\"c\"],[2500000,\"I\",\"CL\","
		"\"p\"]]");

	sums_init(sums);
	sums_add(sums, &r, CLOCK_NONE);
	tap_ok(sums->columns <= SUMS_COLUMNS && sums->width_ns == 50 * NS_PER_MS, "a column is as wide as it must be");
	struct totals t = total(sums);
	tap_ok(t.opened == 1 && t.closed == 1 && t.held > 2.499 && t.held < 2.501,
		"a side counts for as long as it is in a state");
	double first = 0;
	for (int i = 0; i < sums->columns; i++)
		first += sums->column[i].held[INITIATOR][TCP_SYN_SENT];
	tap_ok(first == 5e8, "in each for itself");
	sums_fini(sums);
	free(sums);
}

/* The same connections in any order: the same columns. */
static void test_order(void)
{
	static const int64_t begins_s[] = {500, 3, 86400, 501, 100000, -5, 90000};
	enum { MANY = sizeof begins_s / sizeof *begins_s };
	struct sums *sums = calloc(MANY, sizeof *sums);
	bool same = true, whole = true;

	for (int turn = 0; turn < MANY; turn++) {
		sums_init(&sums[turn]);
		for (int i = 0; i < MANY; i++) {
			struct conn_record r = connection(begins_s[(i + turn) % MANY] * NS_PER_S, 40000000,
				"[[0,\"I\",\"ES\",\"?\"],[0,\"R\",\"ES\",\"?\"]]");
			r.outcome = outcome_words[OUTCOME_CAPTURE_ENDED].word;
			sums_add(&sums[turn], &r, 100100 * NS_PER_S);
		}
		struct totals t = total(&sums[turn]);
		whole &= t.opened == MANY && t.held > 0;
		same &= sums[turn].columns == sums[0].columns && sums[turn].width_ns == sums[0].width_ns &&
			sums[turn].from == sums[0].from && t.opened == total(&sums[0]).opened;
		for (int c = 0; c < sums[turn].columns && same; c++) {
			double one = sums[turn].column[c].held[RESPONDER][TCP_ESTABLISHED];
			double other = sums[0].column[c].held[RESPONDER][TCP_ESTABLISHED];
			same &= sums[turn].column[c].opened == sums[0].column[c].opened && one - other < 1e3 &&
				other - one < 1e3;
		}
	}
	tap_ok(whole, "what is still open counts to the end of the capture");
	tap_ok(same, "the order of connections changes no column");
	for (int turn = 0; turn < MANY; turn++)
		sums_fini(&sums[turn]);
	free(sums);
}

static void test_extremes(void)
{
	static const int64_t times[] = {INT64_MIN + 1, INT64_MAX - 1, 0, INT64_MAX / 2, INT64_MIN / 2};
	struct sums *sums = malloc(sizeof *sums);

	sums_init(sums);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct conn_record r = connection(
			0, 0, "[[-9223372036854775,\"I\",\"ES\",\"p\"],[9223372036854775807,\"R\",\"ES\",\"p\"]]");

		r.first_ns = r.last_ns = r.closed_ns = times[i];
		r.syn_rtt_us = r.ack_rtt_us = INT64_MAX;
		sums_add(sums, &r, times[i]);
	}
	tap_ok(sums->columns <= SUMS_COLUMNS && total(sums).opened == 5, "any time there is finds a column");
	tap_equal_int(sums_round_trip_us(sums, 500), CLOCK_NONE, "a round trip of ages is none");
	sums_fini(sums);
	free(sums);
}

static void test_round_trips(void)
{
	struct sums *sums = malloc(sizeof *sums);

	sums_init(sums);
	for (int i = 100; i > 0; i--) {
		struct conn_record r = connection(0, 0, NULL);
		r.syn_rtt_us = i;
		r.ack_rtt_us = 1000 * i;
		sums_add(sums, &r, CLOCK_NONE);
	}
	tap_equal_int(sums_round_trip_us(sums, 500), 50050, "the median of round trips");
	tap_equal_int(sums_round_trip_us(sums, 1000), 100100, "and the longest");
	sums_fini(sums);
	free(sums);
}

/* --- lives ----------------------------------------------------------------------------------------- */

static void test_life(void)
{
	struct conn_record r =
		connection(0, 1000000, "[[0,\"I\",\"SS\",\"p\"],[10,\"R\",\"SR\",\"?\"],[10,\"R\",\"SR\",\"c\"]]");

	r.reset_by = "responder";
	strbuf_clear(&text);
	life_add_shape(&text, &r);
	tap_equal_text(text.text, "ISSpRSR?RSRcXR", "a shape is what many share");
	strbuf_clear(&text);
	life_add_times(&text, &r);
	tap_equal_text(text.text, "AAFJAAdl", "times are packed as two letters each, and the end");
	r.timeline = "no timeline";
	strbuf_clear(&text);
	life_add_svg(&text, &r);
	tap_ok(strstr(text.text, "</svg>") && !strstr(text.text, "<rect"), "what is no timeline has no life");
}

int main(void)
{
	test_text();
	test_dictionary();
	test_columns();
	test_order();
	test_extremes();
	test_round_trips();
	test_life();
	strbuf_fini(&text);
	return tap_end();
}
