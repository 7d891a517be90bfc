/* board: the live view as lines of text: what it shows, in which order, and what keys change. */
#include "view/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/tap.h"

#define T INT64_C(1795399936000000000)

static struct board *board;
static struct strbuf drawn;

static const struct present connections[] = {
	{.id = 1,
		.port = {40112, 8080},
		.state = {TCP_FIN_WAIT_2, TCP_CLOSE_WAIT},
		.basis = {BASIS_PRESUMED, BASIS_PROVED},
		.first_ns = T - 900 * NS_PER_S,
		.since_ns = T - 840 * NS_PER_S,
		.closing_ns = T - 840 * NS_PER_S,
		.rtt_ns = CLOCK_NONE,
		.worst = SEVERITY_WARNING,
		.kind = ANOMALY_close_wait_stuck},
	{.id = 2,
		.port = {50160, 5432},
		.state = {TCP_ESTABLISHED, TCP_ESTABLISHED},
		.first_ns = T - 780 * NS_PER_S,
		.since_ns = T - 780 * NS_PER_S,
		.closing_ns = CLOCK_NONE,
		.rtt_ns = CLOCK_NONE,
		.bytes = {1000, 20000},
		.worst = SEVERITIES,
		.kind = ANOMALIES},
	{.id = 3,
		.port = {51724, 443},
		.state = {TCP_TIME_WAIT, TCP_CLOSED},
		.basis = {BASIS_PROVED, BASIS_TIMER},
		.first_ns = T - 50 * NS_PER_S,
		.since_ns = T - 42 * NS_PER_S,
		.closing_ns = T - 43 * NS_PER_S,
		.rtt_ns = 12400000,
		.worst = SEVERITY_INFO,
		.kind = ANOMALY_time_wait_restart},
	{.id = 4,
		.port = {51730, 81},
		.state = {TCP_CLOSED, TCP_CLOSED},
		.first_ns = T - 2 * NS_PER_S,
		.since_ns = T - 2 * NS_PER_S,
		.closing_ns = T - 2 * NS_PER_S,
		.rtt_ns = CLOCK_NONE,
		.reset = true,
		.worst = SEVERITIES,
		.kind = ANOMALIES},
};

enum { CONNECTIONS = sizeof connections / sizeof *connections };

/* All of them, a second later each time it is called; the second one sends. */
static void show_moment(int second)
{
	struct board_moment moment = {
		.now_ns = T + second * NS_PER_S,
		.packets = 1000 + (uint64_t)second * 100,
		.bytes = (uint64_t)second * 50000,
		.connections = 4,
		.database_bytes = 41800000,
	};

	moment.held[INITIATOR][TCP_ESTABLISHED] = 12345;
	moment.held[RESPONDER][TCP_CLOSE_WAIT] = 1;
	board_begin(board, &moment);
	for (int i = 0; i < CONNECTIONS; i++) {
		struct present p = connections[i];

		for (int side = 0; side < SIDES; side++)
			addr_parse(side ? "10.0.4.17" : "10.0.2.31", &p.ip[side]);
		if (i == 1) {
			p.bytes[INITIATOR] += second * 3100;
			p.bytes[RESPONDER] += second * 16400;
		}
		board_connection(board, &p);
	}
	board_complete(board);
}

static void begin(void)
{
	board_free(board);
	board = board_new(&(struct board_options){"eth0", "lastack.db", false, T - 8040 * NS_PER_S});
	show_moment(0);
	show_moment(1);
}

/* Line n, from 0, of what is drawn. */
static const char *line(unsigned n, unsigned width, unsigned height)
{
	static char text[512];
	const char *at;

	strbuf_clear(&drawn);
	board_draw(board, width, height, &drawn);
	at = drawn.text;
	while (n-- && (at = strchr(at, '\n')))
		at++;
	text[0] = '\0';
	if (at)
		strncat(text, at, strcspn(at, "\n"));
	return text;
}

static unsigned lines_of(unsigned width, unsigned height)
{
	unsigned count = 0;

	line(0, width, height);
	for (const char *at = drawn.text; (at = strchr(at, '\n')); at++)
		count++;
	return count;
}

static void test_head(void)
{
	begin();
	tap_equal_text(line(0, 110, 24),
		"lastack  eth0  up 2 h 14 min  100 pkt/s  50.0 kB/s  drops 0  lastack.db 41.8 MB  queue 0",
		"the head line says how it goes");
	tap_equal_text(
		line(0, 60, 24), "lastack  eth0  100 pkt/s  50.0 kB/s  drops 0", "what matters less leaves it first");
	tap_equal_text(line(0, 10, 24), "eth0  drops 0", "drops never do");
	tap_equal_text(line(1, 110, 24),
		"           SYN-SENT SYN-RCVD   EST FIN-W1 FIN-W2 CLOSING TIME-W CLOSE-W LAST-ACK", "then the states");
	tap_equal_text(line(2, 110, 24),
		"initiators        -        - 12345      -      -       -      -       -        -",
		"with as many of each side");
	tap_equal_text(
		line(3, 40, 24), "responders        -     -       1", "where it is narrow, those that there are");
	tap_equal_text(
		line(4, 60, 24), "open 0.0/s  close 0.0/s  reset 0.1/s  RTT 12.4 ms", "rates of the last ten seconds");
	tap_equal_int(lines_of(100, 24), 24, "as many lines as the screen has");
	tap_equal_int(lines_of(100, 4), 4, "also where it has few");
	tap_equal_text(line(9, 110, 10), "", "and then no table");
}

static void test_table(void)
{
	begin();
	tap_equal_text(line(6, 100, 24),
		"INITIATOR           RESPONDER           STATES                FOR    I/s    R/s  ANOMALY",
		"the table has its headings");
	tap_equal_text(line(7, 100, 24),
		"10.0.2.31:40112     10.0.4.17:8080      FIN-W2?/CLOSE-W    14 min      0      0  w "
		"close-wait-stuck",
		"the worst comes first");
	tap_equal_text(line(8, 100, 24),
		"10.0.2.31:51724     10.0.4.17:443       TIME-W/CLOSED*       43 s      0      0  i "
		"time-wait-restart",
		"then the next");
	tap_equal_text(line(9, 100, 24),
		"10.0.2.31:50160     10.0.4.17:5432      EST/EST            13 min  3.10k  16.4k",
		"those without anomalies behind them, with the octets of the last second");
	tap_equal_text(line(10, 100, 24), "", "and what is over on both sides is left out");
	tap_equal_text(line(6, 80, 24), "INITIATOR         RESPONDER         STATES                FOR  ANOMALY",
		"where it is narrow the rates go");
	tap_equal_text(line(6, 60, 24), "INITIATOR       RESPONDER       STATES             ANOMALY", "then the time");
}

static void test_keys(void)
{
	begin();
	board_press(board, 's');
	tap_equal_text(line(5, 100, 24), "sorted by rate", "s sorts another way, and that is said");
	tap_ok(strstr(line(7, 100, 24), ":50160"), "the fastest first");
	board_press(board, 's');
	board_press(board, 's');
	tap_ok(strstr(line(7, 100, 24), ":51724"), "or the newest");
	begin();
	board_press(board, 'a');
	tap_ok(strstr(line(8, 100, 24), ":51724") && !*line(9, 100, 24), "a leaves those with anomalies");
	board_press(board, 't');
	tap_ok(strstr(line(7, 100, 24), ":40112") && !*line(8, 100, 24), "t leaves TIME-WAIT out");
	begin();
	for (const char *at = "/close-WAIT"; *at; at++)
		board_press(board, *at);
	tap_equal_text(line(23, 100, 24), "/close-WAIT_  (enter: keep, esc: all)", "what is typed is seen");
	board_press(board, BOARD_ENTER);
	show_moment(2);
	tap_ok(strstr(line(7, 100, 24), ":40112") && !*line(8, 100, 24),
		"/ leaves what contains it, whatever the case");
	tap_equal_text(line(5, 100, 24), "with \"close-WAIT\" (esc: all)", "and that is said");
	board_press(board, BOARD_ESCAPE);
	show_moment(3);
	tap_ok(strstr(line(9, 100, 24), ":50160"), "until escape");
	tap_equal_int(
		board_press(board, BOARD_ENTER), BOARD_NOTHING, "without a cursor there is no connection to show");
	board_press(board, BOARD_DOWN);
	board_press(board, BOARD_DOWN);
	tap_equal_int(board_press(board, BOARD_ENTER), BOARD_TELL, "with one there is");
	tap_equal_int(board_chosen(board), 3, "the one that it is at");
	strbuf_clear(&drawn);
	tap_equal_int(board_draw(board, 100, 24, &drawn), 8, "whose line is marked");
	board_show(board, "a story\nof two lines\n");
	tap_equal_text(line(7, 100, 24), "of two lines", "its story takes the place of the table");
	board_press(board, 'q');
	tap_ok(strstr(line(7, 100, 24), ":40112"), "until q");
	tap_equal_int(board_press(board, 'q'), BOARD_QUIT, "which then asks for the end");
}

static void test_notes(void)
{
	struct anomaly_record row = {.connection_id = 5,
		.time_ns = T,
		.code = "bad-flags",
		.severity = "alert",
		.evidence = "{}",
		.packet = 7,
		.count = 1};

	begin();
	addr_parse("10.0.0.1", &row.ip[INITIATOR]);
	addr_parse("2001:db8::1", &row.ip[RESPONDER]);
	board_anomaly(board, &row);
	tap_equal_text(line(22, 100, 24), "02:12:16 a bad-flags  10.0.0.1:0 -> [2001:db8::1]:0  packet 7",
		"the newest anomaly stands at the bottom");
	board_news(board, T, "eth0: is \033[31mdown");
	tap_equal_text(line(22, 100, 24), "02:12:16 eth0: is \\x1b[31mdown", "or other news, made safe");
	tap_ok(strstr(line(27, 100, 30), "bad-flags") != NULL, "a taller screen has more of them");
	board_press(board, 'p');
	tap_ok(board_is_paused(board), "p stops the picture");
}

int main(void)
{
	setenv("LC_ALL", "C", 1);
	test_head();
	test_table();
	test_keys();
	test_notes();
	board_free(board);
	strbuf_fini(&drawn);
	return tap_end();
}
