/* schema: the tables are those of columns.def, and the views say what they promise to plain
 * sqlite3. */
#include "base/words.h"
#include "tests/lib/tap.h"
#include "tests/unit/store_fixture.h"

static struct err err;

static void test_columns(void)
{
	char wanted[8192];
	size_t length = 0;

	store_close(store_open("schema.db", STORE_WRITE, &err), &err);
	for (int i = 0; i < RECORD_STORED_COLUMNS; i++) {
		enum record_kind kind = record_columns[i].kind;

		length += (size_t)snprintf(wanted + length, sizeof wanted - length, "%s%s|%s", i ? "\n" : "",
			record_columns[i].name,
			kind == RECORD_INT || kind == RECORD_FLAG ? "INTEGER"
			: kind == RECORD_REAL                     ? "REAL"
								  : "TEXT");
	}
	tap_equal_text(ask("schema.db", "SELECT name, type FROM pragma_table_info('connection')"), wanted,
		"table connection has the columns of columns.def, in order");
	tap_equal_text(ask("schema.db", "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
					"AND sql NOT LIKE '%STRICT%'"),
		"0", "each table is strict");
	tap_equal_text(ask("schema.db", "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"),
		"connection_first\nanomaly_connection", "only the indexes that cost little are kept while storing");
	tap_equal_text(ask("schema.db", "PRAGMA integrity_check"), "ok", "the database is sound");
	fixture_remove("schema.db");
}

/* A tutorial's close, where the last ACK of the handshake was presumed first and then confirmed. */
static const char tutorial[] =
	"[[0,\"I\",\"SS\",\"p\"],[4000,\"R\",\"SR\",\"p\"],[8000,\"I\",\"ES\",\"p\"],[8000,\"R\","
	"\"ES\",\"?\"],"
	"[9000,\"R\",\"ES\",\"c\"],[20000,\"I\",\"F1\",\"p\"],[20000,\"R\",\"CW\",\"?\"],"
	"[60020000,\"I\",\"CL\",\"*\"]]";

static void put_examples(void)
{
	struct store *store = store_open("views.db", STORE_WRITE, &err);
	struct capture_record capture = {.source = "x.pcap", .kind = "file", .end_reason = "end of file"};
	struct conn_record record = fixture_record(1);

	capture.last_ns = record.last_ns + 60 * NS_PER_S;
	store_put_capture(store, &capture, &err);
	record.timeline = tutorial;
	record.bytes[INITIATOR] = 1240;
	record.bytes[RESPONDER] = 18400;
	record.first_closer = side_words[INITIATOR];
	record.anomalies = 0;
	record.state_since_ns[INITIATOR] = record.last_ns;
	record.time_wait_ends_ns = record.last_ns + 60 * NS_PER_S;
	store_put_connection(store, &record, &err);

	record = fixture_record(2);
	record.ip[INITIATOR] = fixture_address("2001:db8::1");
	record.ip[RESPONDER] = fixture_address("2001:db8::2");
	record.outcome = outcome_words[OUTCOME_HALF_CLOSED].word;
	record.state[INITIATOR] = state_words[TCP_FIN_WAIT_2].name;
	record.state[RESPONDER] = state_words[TCP_CLOSE_WAIT].name;
	record.state_since_ns[RESPONDER] = record.last_ns;
	store_put_connection(store, &record, &err);

	record = fixture_record(3);
	record.state[RESPONDER] = NULL;
	record.state_basis[RESPONDER] = NULL;
	record.timeline = NULL;
	store_put_connection(store, &record, &err);

	store_put_address(store,
		&(struct address_record){.ip = fixture_address("192.0.2.9"),
			.country = "SE",
			.city = "Link\xc3\xb6ping",
			.organisation = "Example Networks",
			.asn = 64500,
			.latitude = 58.4,
			.longitude = 15.6},
		&err);
	store_put_address(store,
		&(struct address_record){.ip = fixture_address("10.0.0.1"),
			.country = "JP",
			.asn = CLOCK_NONE,
			.latitude = 35,
			.longitude = 139},
		&err);
	tap_ok(store_close(store, &err), "examples are stored");
}

static void test_lifecycle(void)
{
	tap_equal_text(ask("views.db", "SELECT * FROM lifecycle WHERE id = 1"),
		"1|2026-11-23T02:12:16.061Z|2.0|10.0.0.1:40000|192.0.2.9:443|closed|TIME-WAIT|"
		"presumed|CLOSED|proved|initiator|-|"
		"1240|18400|0|-|JP|Link\xc3\xb6ping, SE, AS64500 Example Networks",
		"lifecycle is one readable row per connection");
	tap_equal_text(ask("views.db", "SELECT initiator, responder, initiator_geo FROM lifecycle WHERE id = 2"),
		"[2001:db8::1]:40000|[2001:db8::2]:443|-", "IPv6 endpoints stand in brackets");
	tap_equal_text(ask("views.db", "SELECT count(*) FROM lifecycle"), "3", "no connection is missing from it");
}

static void test_transition(void)
{
	tap_equal_text(ask("views.db", "SELECT substr(time, 15), side, endpoint, from_state, "
				       "to_state, basis, confirm "
				       "FROM transition WHERE connection_id = 1"),
		"12:16.061323Z|initiator|10.0.0.1:40000|-|SYN-SENT|proved|0\n"
		"12:16.065323Z|responder|192.0.2.9:443|-|SYN-RECEIVED|proved|0\n"
		"12:16.069323Z|initiator|10.0.0.1:40000|SYN-SENT|ESTABLISHED|proved|0\n"
		"12:16.069323Z|responder|192.0.2.9:443|SYN-RECEIVED|ESTABLISHED|presumed|0\n"
		"12:16.070323Z|responder|192.0.2.9:443|-|ESTABLISHED|proved|1\n"
		"12:16.081323Z|initiator|10.0.0.1:40000|ESTABLISHED|FIN-WAIT-1|proved|0\n"
		"12:16.081323Z|responder|192.0.2.9:443|ESTABLISHED|CLOSE-WAIT|presumed|0\n"
		"13:16.081323Z|initiator|10.0.0.1:40000|FIN-WAIT-1|CLOSED|timer|0",
		"transition is one row per change of state, confirmations marked");
	tap_equal_text(ask("views.db", "SELECT time_ns FROM transition WHERE connection_id = 1 AND "
				       "side = 'responder' LIMIT 1"),
		"1795399936065323000", "its times are exact");
	tap_equal_text(ask("views.db", "SELECT connection_id, count(*) FROM transition GROUP BY 1"), "1|8\n2|1",
		"a connection without a timeline has no rows");
}

static void test_state_time(void)
{
	tap_equal_text(ask("views.db", "SELECT side, endpoint, state, seconds, until_ns - from_ns FROM state_time "
				       "WHERE connection_id = 1 ORDER BY side, from_ns"),
		"initiator|10.0.0.1:40000|SYN-SENT|0.008|8000000\n"
		"initiator|10.0.0.1:40000|ESTABLISHED|0.012|12000000\n"
		"initiator|10.0.0.1:40000|FIN-WAIT-1|60.0|60000000000\n"
		"initiator|10.0.0.1:40000|CLOSED|0.0|-\n"
		"responder|192.0.2.9:443|SYN-RECEIVED|0.004|4000000\n"
		"responder|192.0.2.9:443|ESTABLISHED|0.012|12000000\n"
		"responder|192.0.2.9:443|CLOSE-WAIT|1.98|-",
		"state_time says how long each side was in each state, confirmations aside");
}

static void test_endpoints(void)
{
	tap_equal_text(ask("views.db", "SELECT connection_id, side, endpoint, peer, state FROM "
				       "endpoint_state_now ORDER BY 1, 2"),
		"1|initiator|10.0.0.1:40000|192.0.2.9:443|TIME-WAIT\n"
		"1|responder|192.0.2.9:443|10.0.0.1:40000|CLOSED\n"
		"2|initiator|[2001:db8::1]:40000|[2001:db8::2]:443|FIN-WAIT-2\n"
		"2|responder|[2001:db8::2]:443|[2001:db8::1]:40000|CLOSE-WAIT\n"
		"3|initiator|10.0.0.1:40000|192.0.2.9:443|TIME-WAIT",
		"endpoint_state_now is one row per endpoint of which something was seen");
	tap_equal_text(ask("views.db", "SELECT connection_id, side, since, ends FROM time_wait "
				       "WHERE since IS NOT NULL"),
		"1|initiator|2026-11-23T02:12:18.061Z|2026-11-23T02:13:18.061Z",
		"time_wait says when the port is free again");
	tap_equal_text(ask("views.db", "SELECT connection_id, side, endpoint, seconds, outcome FROM close_wait"),
		"2|responder|[2001:db8::2]:443|60.0|half-closed", "close_wait says for how long it lasted");
}

int main(void)
{
	fixture_begin();
	test_columns();
	put_examples();
	test_lifecycle();
	test_transition();
	test_state_time();
	test_endpoints();
	fixture_remove("views.db");
	fixture_end();
	return tap_end();
}
