/* record: the table of columns, and timelines as text and back. */
#include "record/record.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "record/community_id.h"
#include "record/zeek_log.h"
#include "tests/lib/tap.h"

static void test_columns(void)
{
	struct conn_record record;
	struct record_value value;
	int known = 0, misplaced = 0;

	for (int i = 0; i < RECORD_COLUMNS; i++) {
		misplaced += record_column_find(record_columns[i].name) != i;
		misplaced += record_columns[i].geo != (i >= RECORD_STORED_COLUMNS);
	}
	tap_equal_int(misplaced, 0, "each column is found by its name, those of geo come last");
	tap_equal_int(record_column_find("initiator_weather"), -1, "a column that does not exist is not found");
	record_clear(&record);
	for (int i = 0; i < RECORD_COLUMNS; i++)
		if (record_columns[i].kind != RECORD_FLAG && record_columns[i].kind != RECORD_ADDR)
			known += record_value(&record, i, &value);
	tap_equal_int(known, 0, "of a cleared record nothing is known");
	record.ip[RESPONDER] = addr_from_v4((const uint8_t[]){192, 0, 2, 9});
	record.port[RESPONDER] = 443;
	record.latitude[INITIATOR] = -33.5;
	tap_ok(record_value(&record, RECORD_COLUMN_responder_ip, &value) && !strcmp(value.text, "192.0.2.9"),
		"an address is text");
	tap_ok(record_value(&record, RECORD_COLUMN_responder_port, &value) && value.number == 443,
		"a number is a number");
	tap_ok(record_value(&record, RECORD_COLUMN_initiator_latitude, &value) && fabs(value.real + 33.5) < 1e-9,
		"a real is a real");
}

/* Every code of side, state and basis, forth and back. */
static void test_timeline_round_trip(void)
{
	static const int64_t offsets[] = {0, -5, 1, INT64_C(9223372036854775807), INT64_MIN};
	struct strbuf text = {0};
	struct timeline_step step;
	int wrong = 0, count = 0;

	timeline_begin(&text);
	for (int i = 0; i < TCP_STATES * BASES * SIDES; i++)
		timeline_add(&text, &(struct timeline_step){.offset_us = offsets[i % 5],
					    .side = (enum side)(i % SIDES),
					    .state = (enum tcp_state)(i / SIDES % TCP_STATES),
					    .basis = (enum basis)(i / SIDES / TCP_STATES)});
	timeline_add(&text, &(struct timeline_step){7, RESPONDER, TCP_ESTABLISHED, BASIS_PROVED, true});
	timeline_end(&text);
	for (const char *at = text.text; timeline_next(&at, &step); count++) {
		int i = count;

		if (step.confirm)
			wrong += step.offset_us != 7 || step.side != RESPONDER || step.state != TCP_ESTABLISHED ||
				 step.basis != BASIS_PROVED || i != TCP_STATES * BASES * SIDES;
		else
			wrong += step.offset_us != offsets[i % 5] || (int)step.side != i % SIDES ||
				 (int)step.state != i / SIDES % TCP_STATES || (int)step.basis != i / SIDES / TCP_STATES;
	}
	tap_equal_int(count, TCP_STATES * BASES * SIDES + 1, "each step of a timeline is read back");
	tap_equal_int(wrong, 0, "as it was written");
	strbuf_fini(&text);
}

static void test_revisions_round_trip(void)
{
	struct strbuf text = {0};
	struct revision revision;
	int wrong = 0, count = 0;

	timeline_begin(&text);
	for (int i = 0; i < TCP_STATES * SIDES; i++)
		revision_add(&text,
			&(struct revision){i - 5, INT64_MAX - i, (enum side)(i % SIDES), (enum tcp_state)(i / SIDES)});
	timeline_end(&text);
	for (const char *at = text.text; revision_next(&at, &revision); count++)
		wrong += revision.offset_us != count - 5 || revision.back_us != INT64_MAX - count ||
			 (int)revision.side != count % SIDES || (int)revision.state != count / SIDES;
	tap_ok(count == TCP_STATES * SIDES && !wrong, "each state taken back is read as it was written");
	const char *bad = "[[1,\"I\",\"CW\",x]]";
	tap_ok(!revision_next(&bad, &revision), "and nothing that is none");
	strbuf_fini(&text);
}

static int steps(const char *text)
{
	struct timeline_step step;
	char *copy = mem_copy(text); /* exactly as long as the text, so that a sanitizer sees every step beyond */
	const char *at = copy;
	int count = 0;

	while (timeline_next(&at, &step))
		count++;
	free(copy);
	return count;
}

static void test_timeline_malformed(void)
{
	static const char good[] = "[[0,\"I\",\"SS\",\"p\"],[1,\"R\",\"SR\",\"c\"]]";
	static const struct {
		const char *text;
		int steps;
	} cases[] = {
		{"", 0}, {"[", 0}, {"[]", 0}, {"[[", 0}, {"[[]]", 0}, {"null", 0}, {"{\"a\":1}", 0}, {"[[\"I\",0]]", 0},
		{"[[x,\"I\",\"SS\",\"p\"]]", 0},             /* no offset */
		{"[[0,\"X\",\"SS\",\"p\"]]", 0},             /* no such side */
		{"[[0,\"I\",\"ZZ\",\"p\"]]", 0},             /* no such state */
		{"[[0,\"I\",\"SS\",\"q\"]]", 0},             /* no such basis */
		{"[[0,\"I\",\"SS\",\"p\",[1", 0},            /* no end */
		{"[[0,\"I\",\"SS\",\"p\"],[1,\"R\",\"S", 1}, /* cut short */
		{"[[0,\"I\",\"SS\",\"p\"] [1,\"R\",\"SR\",\"p\"]]", 1},
		{"[[99999999999999999999999999,\"I\",\"SS\",\"p\"]]", 1}, /* the highest offset there is */
	};
	int lost = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (steps(cases[i].text) != cases[i].steps)
			tap_ok(false, "%d steps of %s, wanted %d", steps(cases[i].text), cases[i].text, cases[i].steps);
	tap_ok(true, "what is no timeline ends where it stops being one");
	for (size_t cut = 0; cut < sizeof good; cut++) {
		char text[sizeof good];

		memcpy(text, good, cut);
		text[cut] = '\0';
		lost += steps(text) != (cut >= sizeof good - 2) + (cut >= 17);
	}
	tap_equal_int(lost, 0, "a timeline cut anywhere gives the steps before the cut");
}

/* The reference values of the specification, and Zeek's own. */
static void test_community_id(void)
{
	static const struct {
		const char *a, *b, *id;
		uint16_t a_port, b_port;
	} known[] = {
		{"128.232.110.120", "66.35.250.204", "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", 34855, 80},
		{"1.2.3.4", "5.6.7.8", "1:wCb3OG7yAFWelaUydu0D+125CLM=", 1122, 3344},
		{"2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a",
			"1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", 63943, 25},
	};
	char text[COMMUNITY_ID_TEXT];
	struct addr a, b;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		addr_parse(known[i].a, &a);
		addr_parse(known[i].b, &b);
		tap_equal_text(community_id_print(&a, known[i].a_port, &b, known[i].b_port, text), known[i].id,
			"the Community ID of a known connection");
		tap_equal_text(community_id_print(&b, known[i].b_port, &a, known[i].a_port, text), known[i].id,
			"from the other side too");
	}
	addr_parse("192.0.2.1", &a);
	char again[COMMUNITY_ID_TEXT];
	tap_equal_text(community_id_print(&a, 5000, &a, 80, text), community_id_print(&a, 80, &a, 5000, again),
		"of a host with itself, the lower port stands first");
}

static void test_zeek_log(void)
{
	const struct zeek_log_row rows[] = {
		{RESPONDER, -5, 0, "OTH", "", 0, {0, 0}, {1, 0}, {40, 0}},
		{INITIATOR, 7000000000, 31, "SF", "ShADadFf", 10, {1, 5000000000}, {2, 3}, {81, 6000000000}},
	};
	char room[2][ZEEK_LOG_WORD];
	struct zeek_log_row got;
	struct strbuf text = {0};
	int same = 0;

	for (int i = 0; i < 2; i++)
		zeek_log_add(&text, &rows[i]);
	tap_equal_text(text.text,
		"R,-5,0,OTH,-,0,0,1,40,0,0,0;I,7000000000,31,SF,ShADadFf,10,1,2,81,5000000000,3,6000000000",
		"rows of conn.log are text");
	const char *at = text.text;
	for (const struct zeek_log_row *row = rows; row < rows + 2 && zeek_log_next(&at, &got, room); row++)
		same += got.side == row->side && got.offset_ns == row->offset_ns &&
			got.duration_us == row->duration_us && !strcmp(got.conn_state, row->conn_state) &&
			!strcmp(got.history, row->history) && got.missed_bytes == row->missed_bytes &&
			!memcmp(got.bytes, row->bytes, sizeof got.bytes) &&
			!memcmp(got.packets, row->packets, sizeof got.packets) &&
			!memcmp(got.ip_bytes, row->ip_bytes, sizeof got.ip_bytes);
	tap_equal_int(same, 2, "and are read back as they were");
	tap_ok(!zeek_log_next(&at, &got, room) && !*at, "to the end");
	int wrong = 0;
	for (size_t length = 0; length < text.length; length++) {
		char *cut = mem_copy(text.text); /* ends behind its last octet, for a sanitizer */

		cut = mem_grow(cut, length + 1);
		cut[length] = '\0';
		at = cut;
		while (zeek_log_next(&at, &got, room))
			wrong += at > cut + length;
		free(cut);
	}
	tap_equal_int(wrong, 0, "text that is cut short is not read beyond its end");
	strbuf_fini(&text);
}

int main(void)
{
	test_columns();
	test_timeline_round_trip();
	test_revisions_round_trip();
	test_timeline_malformed();
	test_community_id();
	test_zeek_log();
	return tap_end();
}
