/* view: phrases of evidence, and what a table does when columns run short. */
#include "view/evidence.h"
#include "view/grid.h"
#include "view/term.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/lib/tap.h"

static struct strbuf text;

static const char *phrase(int64_t connection, int64_t count, int64_t packet, const char *evidence)
{
	struct anomaly_record row = {
		.connection_id = connection, .count = count, .packet = packet, .evidence = evidence};

	strbuf_clear(&text);
	evidence_add(&text, &row);
	return text.text;
}

static void test_evidence(void)
{
	tap_equal_text(phrase(1, 1, 7, "{}"), "packet 7", "without evidence the packet is left");
	tap_equal_text(phrase(1, 1, CLOCK_NONE, "{}"), "-", "or nothing");
	tap_equal_text(phrase(1, 3, 7, "{\"gap_us\":213000,\"copies\":2}"),
		"3 times from packet 7, gap 213 ms, copies 2", "spans are told with their unit");
	tap_equal_text(phrase(1, 1, 7, "{\"fin_seq\":5,\"fin_packet\":6,\"reading\":\"peer-vanished\"}"),
		"peer-vanished, packet 7, FIN in packet 6, FIN seq 5",
		"what it looks like first, sequence numbers last");
	tap_equal_text(phrase(1, 1, 7, "{\"ends_ns\":1795399936061323000}"), "packet 7, ends at 02:12:16.061",
		"times as time of day");
	tap_equal_text(phrase(1, 1, 7, "{\"share_percent\":80,\"usual_permille\":15,\"per_hour\":-3}"),
		"packet 7, share 80 %, usual 1.5 %, -3 an hour", "shares, and rates");
	tap_equal_text(phrase(1, 1, 7, "{\"initiator_state\":\"ESTABLISHED\",\"initiator_basis\":\"proved\"}"),
		"packet 7", "states are left out");
	tap_equal_text(phrase(CLOCK_NONE, 1, CLOCK_NONE,
			       "{\"initiator_ip\":\"10.0.0.1\",\"responder_ip\":\"10.0.0.2\",\"responder_port\":25,"
			       "\"peak\":9}"),
		"10.0.0.1 -> 10.0.0.2:25, peak 9", "of several connections: whom");
	tap_equal_text(phrase(CLOCK_NONE, 1, CLOCK_NONE, "{\"responder_ip\":\"2001:db8::1\",\"responder_port\":25}"),
		"[2001:db8::1]:25", "or which service");
	tap_equal_text(phrase(1, 1, 7, "{\"a\":\"\\u001b\",\"b\":1.5,\"c\":null}"), "packet 7, a \\x1b, b 1.5",
		"text from a file is made safe");
	tap_equal_text(phrase(1, 1, 7, "no object"), "packet 7", "and what is none is nothing");
}

/* What a table of one row prints, without colours. */
static const char *table(unsigned width)
{
	static const struct grid_column columns[] = {
		{.terminal = "TIME", .pipe = "TIME", .is_time = true, .leaves = 1},
		{.terminal = "N", .pipe = "NUMBER", .right = true},
		{.terminal = "WHO", .pipe = "WHO", .cut = CUT_ENDPOINT, .least = 8},
		{.pipe = "ONLY IN A PIPE"},
		{.terminal = "WHAT", .pipe = "WHAT", .cut = CUT_END, .least = 6},
	};
	static char *printed;
	static size_t length;
	free(printed);
	FILE *out = open_memstream(&printed, &length);
	struct grid *grid = grid_open(out, &(struct grid_style){width, false}, columns, 5);

	for (int i = 0; i < 2; i++) {
		grid_cell(grid, i ? "2026-11-22 10:00:01" : "2026-11-22 10:00:00");
		grid_cell(grid, i ? "10" : "9");
		grid_cell(grid, i ? "10.0.0.1:80" : "192.168.100.100:443");
		grid_cell(grid, "x");
		grid_cell(grid, i ? "" : "a long story of what it was");
		grid_row(grid);
	}
	grid_finish(grid);
	grid_free(grid);
	fclose(out);
	return printed;
}

static void test_grid(void)
{
	setenv("LC_ALL", "C", 1);
	tap_equal_text(table(0),
		"TIME                 NUMBER  WHO                  ONLY IN A PIPE  WHAT\n"
		"2026-11-22 10:00:00  9       192.168.100.100:443  x               a long story of what it was\n"
		"2026-11-22 10:00:01  10      10.0.0.1:80          x\n",
		"a pipe has it all");
	tap_equal_text(table(70),
		"TIME       N  WHO                  WHAT\n"
		"10:00:00   9  192.168.100.100:443  a long story of what it was\n"
		"10:00:01  10  10.0.0.1:80\n",
		"a terminal leaves out the day that is the same for all");
	tap_equal_text(table(46),
		"TIME       N  WHO              WHAT\n"
		"10:00:00   9  192.168.10~:443  a long story o~\n"
		"10:00:01  10  10.0.0.1:80\n",
		"then cells are cut: an address before its port, the rest at its end");
	tap_equal_text(table(24),
		" N  WHO        WHAT\n"
		" 9  192.~:443  a long s~\n"
		"10  10.0.~:80\n",
		"then columns leave");
}

static void test_columns(void)
{
	tap_equal_int(term_columns("\033[1;33m\u25b2 a\033[0m"), 3, "escapes and bytes of UTF-8 take no columns");
	strbuf_clear(&text);
	term_add_wrapped(&text, "one two  three four", 5, 2, 12);
	tap_equal_text(text.text, "one two\n  three four\n", "text is wrapped at blanks");
}

int main(void)
{
	setenv("LC_ALL", "C", 1);
	test_evidence();
	test_grid();
	test_columns();
	strbuf_fini(&text);
	return tap_end();
}
