/* query: each filter alone, the order, the limit. */
#include "store/query.h"

#include <math.h>

#include "tests/lib/tap.h"
#include "tests/unit/store_fixture.h"

static struct err err;
static struct store *store;
static struct query_filter filter;

/* The ids that fit the filter, joined by blanks; the filter is as new afterwards. */
static const char *ids(void)
{
	static char text[800];
	struct conn_record record;
	struct query *query = query_connections(store, &filter, &err);
	size_t length = 0;

	*text = '\0';
	while (query && query_next(query, &record, &err))
		length += (size_t)snprintf(
			text + length, sizeof text - length, "%s%lld", length ? " " : "", (long long)record.id);
	if (!query || err.code)
		snprintf(text, sizeof text, "failed: %s", err.text);
	query_close(query);
	query_filter_clear(&filter);
	return text;
}

static void put(struct conn_record record)
{
	if (!store_put_connection(store, &record, &err))
		printf("# %s\n", err.text);
}

/* 1 closed, 2 open over IPv6, 3 unanswered of a later capture, 4 half-closed with its responder in
 * CLOSE-WAIT. */
static void put_examples(void)
{
	struct conn_record record = fixture_record(1);

	store = store_open(NULL, STORE_MEMORY, &err);
	put(record);

	record = fixture_record(2);
	record.ip[INITIATOR] = fixture_address("2001:db8:1::1");
	record.ip[RESPONDER] = fixture_address("2001:db8:2::2");
	record.port[RESPONDER] = 6379;
	record.outcome = outcome_words[OUTCOME_CAPTURE_ENDED].word;
	record.state[INITIATOR] = record.state[RESPONDER] = state_words[TCP_ESTABLISHED].name;
	record.first_ns += 10 * NS_PER_S;
	record.last_ns += 20 * NS_PER_S;
	record.duration_us = 12000000;
	put(record);

	record = fixture_record(3);
	record.capture_id = 2;
	record.ip[RESPONDER] = fixture_address("192.0.3.9");
	record.port[RESPONDER] = 22;
	record.outcome = outcome_words[OUTCOME_UNANSWERED].word;
	record.state[INITIATOR] = state_words[TCP_SYN_SENT].name;
	record.state[RESPONDER] = NULL;
	record.first_ns -= 100 * NS_PER_S;
	record.last_ns -= 90 * NS_PER_S;
	record.duration_us = CLOCK_NONE;
	put(record);

	record = fixture_record(4);
	record.capture_id = 2;
	record.outcome = outcome_words[OUTCOME_HALF_CLOSED].word;
	record.state[INITIATOR] = state_words[TCP_FIN_WAIT_2].name;
	record.state[RESPONDER] = state_words[TCP_CLOSE_WAIT].name;
	record.duration_us = 1;
	put(record);

	store_put_address(store,
		&(struct address_record){.ip = fixture_address("192.0.3.9"),
			.country = "SE",
			.city = "Link\xc3\xb6ping",
			.region = "there",
			.organisation = "Example Networks",
			.asn = 64500,
			.latitude = 58.4,
			.longitude = NAN},
		&err);
}

static void test_filters(void)
{
	int64_t base = fixture_record(1).first_ns;

	tap_equal_text(ids(), "1 2 3 4", "no filter: all of them, by id");
	filter.id = 3;
	tap_equal_text(ids(), "3", "by id");
	filter.id = 99;
	tap_equal_text(ids(), "", "an id that does not exist fits nothing");
	filter.first_capture = 2;
	tap_equal_text(ids(), "3 4", "by capture");
	filter.host_set = addr_parse_prefix("192.0.2.9", &filter.host, &filter.host_bits);
	tap_equal_text(ids(), "1 4", "by host");
	filter.host_set = addr_parse_prefix("192.0.2.0/23", &filter.host, &filter.host_bits);
	tap_equal_text(ids(), "1 3 4", "by network");
	filter.host_set = addr_parse_prefix("2001:db8:1::/48", &filter.host, &filter.host_bits);
	tap_equal_text(ids(), "2", "by IPv6 network, of either side");
	filter.host_set = addr_parse_prefix("::/0", &filter.host, &filter.host_bits);
	tap_equal_text(ids(), "1 2 3 4", "by the network of everything");
	filter.port = 6379;
	tap_equal_text(ids(), "2", "by port");
	filter.port = 40000;
	tap_equal_text(ids(), "1 2 3 4", "by port of the other side");
	filter.state = "CLOSE-WAIT";
	tap_equal_text(ids(), "4", "by state of either side");
	filter.initiator_state = "ESTABLISHED";
	tap_equal_text(ids(), "2", "by state of the initiator");
	filter.responder_state = "TIME-WAIT";
	tap_equal_text(ids(), "", "by state of the responder");
	filter.outcome = "unanswered";
	tap_equal_text(ids(), "3", "by outcome");
	filter.open = true;
	tap_equal_text(ids(), "2", "by being open");
	filter.since_ns = base + 20 * NS_PER_S;
	tap_equal_text(ids(), "2", "by time: last segment at or after");
	filter.before_ns = base;
	tap_equal_text(ids(), "3", "by time: first segment before");
	filter.min_duration_us = 2000000;
	tap_equal_text(ids(), "1 2", "by duration; one that is not known does not fit");
	filter.country = "se";
	tap_equal_text(ids(), "3", "by country, in any case");
	filter.asn = 64500;
	tap_equal_text(ids(), "3", "by network number");
	filter.outcome = "half-closed";
	filter.port = 443;
	tap_equal_text(ids(), "4", "filters add up");
	filter.outcome = "x' OR '1' = '1";
	tap_equal_text(ids(), "", "a value is never read as SQL");
}

static void test_order(void)
{
	filter.descending = true;
	tap_equal_text(ids(), "4 3 2 1", "newest first");
	filter.descending = true;
	filter.limit = 2;
	tap_equal_text(ids(), "4 3", "and no more than so many");
	filter.sort_column = RECORD_COLUMN_first_ns;
	tap_equal_text(ids(), "3 1 4 2", "by a column, then by id");
	filter.sort_column = RECORD_COLUMN_duration_us;
	tap_equal_text(ids(), "4 1 2 3", "what is not known comes last");
	filter.sort_column = RECORD_COLUMN_duration_us;
	filter.descending = true;
	tap_equal_text(ids(), "2 1 4 3", "in either direction");
	filter.sort_column = RECORD_COLUMN_responder_country;
	tap_equal_text(ids(), "3 1 2 4", "also by a column of geo");
	for (int i = 0; i < RECORD_COLUMNS; i++) {
		filter.sort_column = i;
		if (strlen(ids()) != strlen("1 2 3 4"))
			tap_ok(false, "by %s", record_columns[i].name);
	}
	tap_ok(true, "by each column there is");
}

static void test_geo(void)
{
	struct conn_record record;
	struct addr known = fixture_address("192.0.3.9"), unknown = fixture_address("192.0.2.9");

	filter.id = 3;
	struct query *query = query_connections(store, &filter, &err);
	tap_ok(query && query_next(query, &record, &err), "a connection with a known address is read");
	tap_equal_text(record.country[RESPONDER], "SE", "with its country");
	tap_equal_text(record.city[RESPONDER], "Link\xc3\xb6ping", "its city");
	tap_equal_text(record.organisation[RESPONDER], "Example Networks", "its network");
	tap_equal_int(record.asn[RESPONDER], 64500, "and the number of it");
	tap_ok(fabs(record.latitude[RESPONDER] - 58.4) < 1e-9 && isnan(record.longitude[RESPONDER]),
		"half a position stays half");
	tap_ok(!record.country[INITIATOR] && record.asn[INITIATOR] == CLOCK_NONE, "of the other side nothing is known");
	query_close(query);
	query_filter_clear(&filter);
	tap_ok(store_has_address(store, &known) && !store_has_address(store, &unknown),
		"it can be asked which addresses are known");
}

static void test_counts(void)
{
	int64_t counts[OUTCOMES], lowest, highest;

	tap_ok(query_count_outcomes(store, 0, counts, &err) && counts[OUTCOME_CLOSED] == 1 &&
			counts[OUTCOME_HALF_CLOSED] == 1 && counts[OUTCOME_RESET] == 0,
		"outcomes are counted");
	tap_ok(query_count_outcomes(store, 2, counts, &err) && counts[OUTCOME_CLOSED] == 0 &&
			counts[OUTCOME_UNANSWERED] == 1,
		"also those of one run");
	tap_ok(query_id_range(store, &lowest, &highest) && lowest == 1 && highest == 4, "the range of ids is known");
}

int main(void)
{
	query_filter_clear(&filter);
	put_examples();
	test_filters();
	test_order();
	test_geo();
	test_counts();
	tap_ok(store_close(store, &err), "closing succeeds");
	return tap_end();
}
