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

static void put_found(struct anomaly_record row)
{
	row.first_ns = row.first_ns ? row.first_ns : row.time_ns;
	row.last_ns = row.time_ns;
	row.count = 1;
	row.packet = 7;
	row.capture_id = 1;
	row.confidence = confidence_words[CONFIDENCE_LIKELY];
	if (!row.evidence)
		row.evidence = "{\"gap_us\":5}";
	if (!store_put_anomaly(store, &row, &err))
		printf("# %s\n", err.text);
}

/* Two of one kind at one service and one at another, one that was withdrawn, one of several connections together. */
static void put_anomalies(void)
{
	int64_t base = fixture_record(1).first_ns;
	struct conn_record record = fixture_record(1);

	record.anomalies = 2;
	record.worst_severity = "warning";
	put(record);
	put_found((struct anomaly_record){.connection_id = 4,
		.time_ns = base + 3,
		.withdrawn_ns = CLOCK_NONE,
		.code = "syn-unanswered",
		.severity = "warning",
		.side = "responder"});
	put_found((struct anomaly_record){.connection_id = 1,
		.time_ns = base + 1,
		.withdrawn_ns = CLOCK_NONE,
		.code = "fin-retransmission",
		.severity = "notice",
		.side = "initiator"});
	put_found((struct anomaly_record){.connection_id = 1,
		.time_ns = base + 2,
		.withdrawn_ns = CLOCK_NONE,
		.code = "syn-unanswered",
		.severity = "warning",
		.side = "responder"});
	put_found((struct anomaly_record){.connection_id = 3,
		.time_ns = base + 4,
		.withdrawn_ns = CLOCK_NONE,
		.code = "syn-unanswered",
		.severity = "warning",
		.side = "responder"});
	put_found((struct anomaly_record){.connection_id = 2,
		.time_ns = base + 5,
		.withdrawn_ns = base + 6,
		.code = "missing-final-ack",
		.severity = "warning",
		.side = "initiator"});
	put_found((struct anomaly_record){.connection_id = CLOCK_NONE,
		.time_ns = base + 9,
		.withdrawn_ns = CLOCK_NONE,
		.code = "port-scan",
		.severity = "alert",
		.side = "initiator",
		.evidence = "{\"initiator_ip\":\"10.0.0.66\",\"responder_ip\":\"2001:db8::5\",\"responder_port\":25}"});
}

/* The ids of anomalies that fit, joined by blanks; the filter is as new afterwards. */
static const char *found_ids(void)
{
	static char text[800];
	struct anomaly_record row;
	struct query *query = query_anomalies(store, &filter, &err);
	size_t length = 0;

	*text = '\0';
	while (query && query_next_anomaly(query, &row, &err))
		length += (size_t)snprintf(
			text + length, sizeof text - length, "%s%lld", length ? " " : "", (long long)row.id);
	if (!query || err.code)
		snprintf(text, sizeof text, "failed: %s", err.text);
	query_close(query);
	query_filter_clear(&filter);
	return text;
}

static void test_anomalies(void)
{
	int64_t base = fixture_record(1).first_ns;

	put_anomalies();
	tap_equal_text(found_ids(), "2 3 1 4 6", "anomalies in order of time, without those withdrawn");
	filter.withdrawn = true;
	tap_equal_text(found_ids(), "2 3 1 4 5 6", "or with them");
	filter.anomaly = "syn-unanswered";
	tap_equal_text(found_ids(), "3 1 4", "by code");
	filter.severity = SEVERITY_ALERT;
	tap_equal_text(found_ids(), "6", "by severity");
	filter.port = 25;
	tap_equal_text(found_ids(), "6", "by port, which stands in the evidence where there is no connection");
	filter.host_set = addr_parse_prefix("10.0.0.66", &filter.host, &filter.host_bits);
	tap_equal_text(found_ids(), "6", "by host, the same");
	filter.since_ns = base + 4;
	tap_equal_text(found_ids(), "6", "by time: its own, and that of its connection");
	filter.before_ns = base + 3;
	tap_equal_text(found_ids(), "2 3", "or before a time");
	filter.outcome = "closed";
	tap_equal_text(found_ids(), "2 3", "by what only a connection has");
	filter.id = 1;
	tap_equal_text(found_ids(), "2 3", "of one connection");
	filter.anomaly = "missing-final-ack";
	tap_equal_text(ids(), "", "a connection does not have what was withdrawn");
	filter.severity = SEVERITY_WARNING;
	tap_equal_text(ids(), "1", "connections by severity");
}

static void test_codes(void)
{
	struct conn_record record;

	filter.id = 1;
	filter.codes = true;
	struct query *query = query_connections(store, &filter, &err);
	tap_ok(query && query_next(query, &record, &err), "a connection with anomalies is read");
	tap_equal_text(query_codes(query), "fin-retransmission,syn-unanswered", "with their codes");
	query_close(query);
	filter.codes = false;
	query = query_connections(store, &filter, &err);
	tap_ok(query && query_next(query, &record, &err) && !query_codes(query), "unless nobody asks");
	struct query *other = query_anomalies(store, &filter, &err);
	tap_ok(other != NULL, "another query can run meanwhile");
	query_close(other);
	query_close(query);
	query_filter_clear(&filter);
}

static void test_overview(void)
{
	struct anomaly_overview overview;
	int64_t count;

	tap_ok(query_overview(store, &filter, &overview, &err) && overview.count == 3, "anomalies are counted by kind");
	const struct anomaly_group *g = overview.groups;
	tap_equal_text(g[0].code, "port-scan", "the worst first");
	tap_equal_text(g[0].service, "[2001:db8::5]:25", "with the service that the evidence names");
	tap_equal_text(g[0].initiator, "10.0.0.66", "and who did it");
	tap_equal_text(g[1].code, "syn-unanswered", "then the most frequent");
	tap_equal_int(g[1].count, 3, "so often");
	tap_equal_int(g[1].services, 2, "at so many services");
	tap_equal_text(g[1].service, "192.0.2.9:443", "most at this one");
	tap_equal_int(g[1].at_service, 2, "so often");
	tap_equal_text(g[1].initiator, "10.0.0.1", "all by one initiator");
	tap_ok(g[1].first_ns + 2 == g[1].last_ns, "from the first to the last");
	tap_equal_text(g[2].code, "fin-retransmission", "the least severe last");
	query_overview_fini(&overview);
	filter.anomaly = "half-close";
	tap_ok(query_overview(store, &filter, &overview, &err) && !overview.count, "there may be none");
	query_filter_clear(&filter);
	filter.port = 443;
	tap_ok(query_count(store, &filter, &count, &err) && count == 2, "connections that fit are counted");
	query_filter_clear(&filter);
}

int main(void)
{
	query_filter_clear(&filter);
	put_examples();
	test_filters();
	test_order();
	test_geo();
	test_counts();
	test_anomalies();
	test_codes();
	test_overview();
	tap_ok(store_close(store, &err), "closing succeeds");
	return tap_end();
}
