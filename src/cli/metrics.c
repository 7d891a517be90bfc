/* metrics: see metrics.h. */
#include "cli/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "store/spool.h"
#include "store/store.h"

static void begin(struct strbuf *text, const char *name, const char *type, const char *help)
{
	strbuf_addf(text, "# HELP lastack_%s %s\n# TYPE lastack_%s %s\n", name, help, name, type);
}

static void add(struct strbuf *text, const char *name, const char *type, const char *help, uint64_t value)
{
	begin(text, name, type, help);
	strbuf_addf(text, "lastack_%s %llu\n", name, (unsigned long long)value);
}

/* Resident memory, of /proc/self/statm; 0 where there is none. */
static uint64_t memory_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void add_all(struct strbuf *text, int64_t now_ns, const struct pipeline_result *r, struct store *store)
{
	struct spool spool;

	add(text, "packets_total", "counter", "Packets received.", r->packets);
	add(text, "bytes_total", "counter", "Bytes of those packets on the wire.", r->bytes);
	add(text, "dropped_packets_total", "counter", "Packets lost by kernel and interfaces.", r->dropped);
	begin(text, "decoded_packets_total", "counter", "Packets by what was found in them.");
	for (int i = 0; i < BUCKETS; i++)
		strbuf_addf(text, "lastack_decoded_packets_total{bucket=\"%s\"} %llu\n", decode_bucket_names[i],
			(unsigned long long)r->bucket_packets[i]);
	add(text, "connections_total", "counter", "Connections seen.", r->connections);
	add(text, "connections_open", "gauge", "Connections held now.", r->open);
	begin(text, "connection_sides", "gauge", "Sides of connections held now, by their state.");
	for (int side = 0; side < SIDES; side++)
		for (int state = 0; state < TCP_STATES; state++)
			strbuf_addf(text, "lastack_connection_sides{side=\"%s\",state=\"%s\"} %llu\n", side_words[side],
				state_words[state].name, (unsigned long long)r->held[side][state]);
	begin(text, "connections_ended_total", "counter", "Connections by how they ended.");
	for (int i = 0; i < OUTCOMES; i++)
		strbuf_addf(text, "lastack_connections_ended_total{outcome=\"%s\"} %llu\n", outcome_words[i].word,
			(unsigned long long)r->outcomes[i]);
	begin(text, "anomalies_total", "counter", "Anomalies by code.");
	for (int i = 0; i < ANOMALIES; i++)
		if (r->found.found[i])
			strbuf_addf(text, "lastack_anomalies_total{code=\"%s\",severity=\"%s\"} %llu\n",
				anomaly_kinds[i].code, severity_words[anomaly_kinds[i].severity],
				(unsigned long long)r->found.found[i]);
	add(text, "evicted_connections_total", "counter", "Connections given up for want of memory.", r->evicted);
	add(text, "aggregated_connections_total", "counter", "Of those, unanswered SYNs that have no row.",
		r->aggregated);
	add(text, "store_lost_total", "counter", "Connections that could not be stored.", r->store_lost);
	add(text, "store_lag_seconds", "gauge", "Time since the disk took all rows.",
		r->moved_ns ? (uint64_t)(clock_since(now_ns, r->moved_ns) / NS_PER_S) : 0);
	add(text, "store_acknowledged_total", "counter", "Connections that are on the disk, each time they were put.",
		store_acknowledged(store));
	add(text, "store_waiting_rows", "gauge", "Rows that the disk does not have yet.", store_waiting(store));
	add(text, "store_bytes", "gauge", "What the database holds.", (uint64_t)store_bytes(store));
	add(text, "store_log_bytes", "gauge", "Its write-ahead log, which readers may hold back.",
		(uint64_t)store_log_bytes(store));
	if (spool_look(store, SPOOL_COUNTED, &spool, &(struct err){0}) && spool.begun) {
		add(text, "ship_sent_rows_total", "counter", "Rows that the cluster has acknowledged.",
			(uint64_t)spool.rows);
		add(text, "ship_sent_bytes_total", "counter", "Those rows, compressed.", (uint64_t)spool.bytes);
		add(text, "ship_waiting_rows", "gauge", "Rows that have yet to be sent.", (uint64_t)spool.waiting);
		add(text, "ship_dropped_connections_total", "counter", "Connections removed before they were sent.",
			(uint64_t)spool.dropped);
	}
	add(text, "resident_memory_bytes", "gauge", "Memory in use.", memory_bytes());
}

bool metrics_write(
	const char *path, int64_t now_ns, const struct pipeline_result *result, struct store *store, struct err *err)
{
	struct strbuf text = {0}, newer = {0};

	add_all(&text, now_ns, result, store);
	strbuf_addf(&newer, "%s.new", path);
	int file = open(newer.text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	/* whoever collects them is another user, whatever our umask */
	bool done = file >= 0 && !fchmod(file, 0644) && write(file, text.text, text.length) == (ssize_t)text.length;
	if (file >= 0)
		close(file);
	done = done && !rename(newer.text, path);
	if (!done)
		err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	strbuf_fini(&text);
	strbuf_fini(&newer);
	return done;
}
