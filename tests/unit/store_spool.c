/* store_spool: what has yet to go to a cluster: every change arrives, in whatever order rows are put, batches taken,
 * and both ends killed. */
#include "store/spool.h"

#include "tests/lib/tap.h"
#include "tests/unit/store_fixture.h"

enum { IDS = 60, STEPS = 4000, LOG_MOST = 1 << 24 };

static struct err err;
static struct store *writer, *shipper;
static int64_t capture_id;

/* What arrived: the last version of each connection. */
static struct {
	int64_t version, last_ns;
} cluster[IDS + 1];

static uint32_t chance_state;

static uint32_t chance(uint32_t of)
{
	chance_state = chance_state * 1664525 + 1013904223;
	return (chance_state >> 8) % of;
}

static bool put(int64_t id, int64_t last_ns)
{
	struct conn_record record = fixture_record(id);

	record.capture_id = capture_id;
	record.first_ns = id;
	record.last_ns = last_ns;
	return store_put_connection(writer, &record, &err);
}

static void put_many(int64_t count)
{
	store_drop_many(writer, capture_id, &err);
	store_put_anomaly(writer,
		&(struct anomaly_record){.connection_id = CLOCK_NONE,
			.capture_id = capture_id,
			.code = "port-scan",
			.severity = "alert",
			.confidence = "sure",
			.count = count,
			.time_ns = 5,
			.first_ns = 5,
			.last_ns = 5,
			.withdrawn_ns = CLOCK_NONE,
			.packet = CLOCK_NONE,
			.evidence = "{}"},
		&err);
}

static void begin(void)
{
	struct capture_record capture = {.source = "eth0", .kind = "interface", .program_version = "9.4"};

	memset(cluster, 0, sizeof cluster);
	writer = store_open("s.db", STORE_WRITE, &err);
	if (!writer || !store_put_capture(writer, &capture, &err) || !store_commit(writer, &err))
		printf("Bail out! %s\n", err.text);
	capture_id = capture.id;
	shipper = store_open("s.db", STORE_SHIP, &err);
	if (!shipper || !spool_begin(shipper, "http://h/d", "berlin", &err))
		printf("Bail out! %s\n", err.text);
}

static void end(void)
{
	store_close(shipper, &err);
	store_close(writer, &err);
	fixture_remove("s.db");
}

/* --- a shipper of a few lines ------------------------------------------------------------------------ */

static void read_part(enum spool_table table, struct spool_part *part)
{
	struct spool_rows *rows = spool_rows(shipper, table, &err);
	int id = 0, last = 0;

	*part = (struct spool_part){.table = table};
	for (int i = 0; i < spool_columns(rows); i++) {
		id = strcmp(spool_column_name(rows, i), "id") ? id : i;
		last = strcmp(spool_column_name(rows, i), "last_ns") ? last : i;
	}
	for (; spool_rows_next(rows, &err); part->rows++)
		strbuf_addf(&part->body, "%lld %lld\n", (long long)spool_value(rows, id).integer,
			(long long)spool_value(rows, last).integer);
	spool_rows_close(rows);
}

static bool make(void)
{
	struct spool_part parts[SPOOL_TABLES];
	int64_t all = 0;
	bool done = spool_begin_reading(shipper, &err);

	for (int i = 0; i < SPOOL_TABLES; i++) {
		read_part((enum spool_table)i, &parts[i]);
		all += parts[i].rows;
	}
	done &= spool_end_reading(shipper, &err);
	done &= all ? spool_keep(shipper, parts, &err) : spool_sent(shipper, NULL, &err);
	for (int i = 0; i < SPOOL_TABLES; i++)
		strbuf_fini(&parts[i].body);
	return done;
}

static void arrive(const struct spool_part *part)
{
	long long id, last_ns;
	int used;

	for (const char *at = part->body.text; part->table == SPOOL_CONNECTION && at && *at; at += used) {
		if (sscanf(at, "%lld %lld\n%n", &id, &last_ns, &used) != 2)
			break;
		if (part->batch >= cluster[id].version) {
			cluster[id].version = part->batch;
			cluster[id].last_ns = last_ns;
		}
	}
}

/* One part is sent; whether that is known in the end is chance. */
static bool send_one(bool surely)
{
	struct spool_part part = {0};
	bool found = false;

	if (!spool_part(shipper, &part, &found, &err))
		return false;
	if (found && (surely || chance(3)))
		arrive(&part);
	else
		found = false;
	bool done = !found || (!surely && !chance(3)) || spool_sent(shipper, &part, &err);
	strbuf_fini(&part.body);
	return done;
}

static int64_t drain(void)
{
	struct spool spool = {0};
	int64_t rounds = 0;

	while (spool_look(shipper, IDS, &spool, &err) && (spool.sending || spool.waiting) && ++rounds < STEPS) {
		if (!spool.sending && (!spool_take(shipper, 7, &err) || !make()))
			return -1;
		send_one(true);
	}
	return spool.waiting;
}

static int differences(void)
{
	char sql[100];
	int wrong = 0;

	for (int id = 1; id <= IDS; id++) {
		snprintf(sql, sizeof sql, "SELECT last_ns FROM connection WHERE id = %d", id);
		wrong += strtoll(ask("s.db", sql), NULL, 10) != cluster[id].last_ns;
	}
	return wrong;
}

/* --- tests ------------------------------------------------------------------------------------------ */

static void test_notes(void)
{
	begin();
	tap_equal_text(
		ask("s.db", "SELECT kind, row_id FROM spool_note"), "capture|1", "a capture that is there is noted");
	put(1, 10), put(2, 20), store_commit(writer, &err);
	tap_equal_text(ask("s.db", "SELECT count(*) FROM spool_note"), "1", "new connections need no note");
	tap_equal_int((long long)drain(), 0, "all of it is sent");
	tap_ok(!differences(), "and has arrived");
	tap_ok(put(3, 30) && put(2, 21) && store_commit(writer, &err), "one is put again");
	tap_equal_text(ask("s.db", "SELECT kind, row_id FROM spool_note"), "connection|2", "and noted");
	tap_ok(!drain() && !differences(), "it is sent once more");
	put_many(1), store_commit(writer, &err);
	tap_equal_text(
		ask("s.db", "SELECT kind FROM spool_note"), "anomaly", "what is of several connections is noted");
	drain();
	tap_ok(store_gather(writer, LOG_MOST, &err) && put(1, 11) && put(4, 40),
		"the same where rows gather in memory");
	put_many(2);
	tap_equal_text(ask("s.db", "SELECT count(*) FROM spool_note"), "0", "with the rows");
	store_commit(writer, &err);
	tap_equal_text(ask("s.db", "SELECT kind, count(*) FROM spool_note GROUP BY kind"), "anomaly|1\nconnection|1",
		"come their notes");
	tap_ok(!drain() && !differences(), "and all of it arrives");
	end();
}

static void test_late(void)
{
	begin();
	put(9, 90), store_commit(writer, &err);
	drain();
	tap_ok(put(5, 50) && store_commit(writer, &err) && !drain() && !differences(),
		"a connection whose row comes behind later ones arrives, too");
	ask("s.db", "DELETE FROM connection");
	tap_equal_int((long long)store_next_connection_id(writer), 10, "no id is given twice, though its row is gone");
	end();
}

/* Ids are the times here. */
static void test_retention(void)
{
	struct spool spool;

	begin();
	for (int64_t id = 1; id <= 10; id++)
		put(id, id);
	store_commit(writer, &err);
	tap_ok(store_gather(writer, LOG_MOST, &err) && store_prune(writer, 6, CLOCK_NONE) == 0,
		"what is old and was not sent stays");
	drain();
	tap_ok(put(2, 3) && store_commit(writer, &err), "sent, and one put again");
	tap_equal_int(store_prune(writer, 6, CLOCK_NONE), 4, "the others go");
	tap_equal_text(ask("s.db", "SELECT min(c.id), count(*), dropped FROM connection AS c, spool"), "2|6|0",
		"none is lost");
	tap_equal_int(store_prune(writer, CLOCK_NONE, 0), 6, "while the file is too large, any may go");
	spool_look(shipper, IDS, &spool, &err);
	tap_equal_int((long long)spool.dropped, 1, "and what was not sent is counted");
	tap_equal_int((long long)drain(), 0, "nothing is left to be sent of it");
	end();
}

static void test_nobody(void)
{
	writer = store_open("s.db", STORE_WRITE, &err);
	tap_ok(put(1, 10) && put(1, 11) && store_gather(writer, LOG_MOST, &err) && put(1, 12) &&
			store_commit(writer, &err),
		"where nobody ships rows are put");
	tap_equal_text(ask("s.db", "SELECT count(*) FROM spool_note"), "0", "and nothing is noted");
	store_close(writer, &err);
	fixture_remove("s.db");
}

/* Whoever does what next is chance: putting, committing, taking, reading, sending, losing an answer, starting again. */
static bool step(int64_t *now, bool *taken, bool gathers, uint32_t ids)
{
	switch (chance(8)) {
	case 0:
	case 1:
	case 2: /* a transaction that is open holds the shipper back, unless it is of memory */
		return put(1 + chance(ids), ++*now) && (gathers || store_commit(writer, &err));
	case 3:
		return store_commit(writer, &err);
	case 4: {
		struct spool spool;

		if (!spool_look(shipper, 1, &spool, &err))
			return false;
		*taken = !spool.sending;
		return spool.sending || spool_take(shipper, 1 + chance(9), &err);
	}
	case 5: {
		bool makes = *taken;

		*taken = false;
		return !makes || make();
	}
	case 6:
		return send_one(false);
	default: /* killed */
		*taken = false;
		store_close(shipper, &err);
		shipper = store_open("s.db", STORE_SHIP, &err);
		return shipper != NULL;
	}
}

static void test_chance(bool gathers)
{
	int64_t now = 1000;
	int wrong = 0;

	for (uint32_t seed = 1; seed <= 6; seed++) {
		bool taken = false, good = true;

		begin();
		chance_state = seed;
		good = !gathers || store_gather(writer, LOG_MOST, &err);
		for (uint32_t i = 0; good && i < STEPS / 6; i++) /* new ones come until the end */
			good = step(&now, &taken, gathers, 1 + i * IDS / (STEPS / 6));
		good = good && store_commit(writer, &err) && !drain();
		if (!good)
			printf("# seed %u: %s\n", seed, err.text);
		wrong += !good + differences();
		end();
	}
	tap_equal_int(wrong, 0,
		gathers ? "by chance: every change arrives, while rows gather" : "by chance: every change arrives");
}

int main(void)
{
	fixture_begin();
	test_notes();
	test_late();
	test_retention();
	test_nobody();
	test_chance(false);
	test_chance(true);
	fixture_end();
	return tap_end();
}
