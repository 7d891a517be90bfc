/* summary: see summary.h. */
#include "cli/summary.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "1198 UDP, 6 ICMP": why packets were none of TCP's, the most frequent first. */
static void add_reasons(struct strbuf *text, const struct pipeline_result *r)
{
	bool taken[REASONS] = {[REASON_TCP] = true};

	for (int shown = 0; shown < 4; shown++) {
		int best = -1;

		for (int i = 0; i < REASONS; i++)
			if (!taken[i] && r->reasons[i] && (best < 0 || r->reasons[i] > r->reasons[best]))
				best = i;
		if (best < 0)
			return;
		taken[best] = true;
		strbuf_addf(text, "%s%llu %s", shown ? ", " : "", (unsigned long long)r->reasons[best],
			decode_reason_text((enum decode_reason)best));
	}
}

static void add_outcomes(struct strbuf *text, const struct pipeline_result *r)
{
	bool taken[OUTCOMES] = {false};

	for (int shown = 0; shown < OUTCOMES; shown++) {
		int best = -1;

		for (int i = 0; i < OUTCOMES; i++)
			if (!taken[i] && r->outcomes[i] && (best < 0 || r->outcomes[i] > r->outcomes[best]))
				best = i;
		if (best < 0)
			return;
		taken[best] = true;
		strbuf_addf(text, "%s%llu %s", shown ? ", " : ": ", (unsigned long long)r->outcomes[best],
			outcome_words[best].word);
	}
}

/* "77 warning, 27 notice": the worst first.  Returns how many all of them are. */
static uint64_t add_severities(struct strbuf *text, const uint64_t counts[SEVERITIES])
{
	uint64_t sum = 0;

	for (int i = SEVERITIES - 1; i >= 0; i--) {
		if (counts[i])
			strbuf_addf(
				text, "%s%llu %s", sum ? ", " : "", (unsigned long long)counts[i], severity_words[i]);
		sum += counts[i];
	}
	return sum;
}

/* "104 with anomalies: 77 warning, 27 notice; across connections: 1 alert" */
static void print_anomalies(const char *database, const struct pipeline_result *r)
{
	struct strbuf text = {0}, ones = {0}, many = {0};
	uint64_t connections = add_severities(&ones, r->found.worst), together = add_severities(&many, r->found.many);

	if (connections)
		strbuf_addf(&text, "%llu with anomalies: %s", (unsigned long long)connections, ones.text);
	if (together)
		strbuf_addf(&text, "%sacross connections: %s", connections ? "; " : "", many.text);
	if (!connections && !together)
		strbuf_add(&text, "no anomalies");
	else if (database)
		strbuf_addf(&text, " (lastack anomalies -d %s)", database);
	else
		strbuf_add(&text, " (list them: --format anomalies)");
	log_note("%s", text.text);
	strbuf_fini(&text);
	strbuf_fini(&ones);
	strbuf_fini(&many);
}

void summary_print(const char *name, const char *database, const struct pipeline_result *r)
{
	struct strbuf text = {0};
	char span[CLOCK_TEXT];
	uint64_t tcp = r->bucket_packets[BUCKET_TCP];

	strbuf_addf(&text, "%s: %llu packet%s", name, (unsigned long long)r->packets, plural(r->packets));
	if (r->packets)
		strbuf_addf(&text, " in %s", clock_print_span(clock_since(r->last_ns, r->first_ns), span));
	if (!tcp && r->packets) {
		strbuf_add(&text, ", none of them TCP");
		if (r->bucket_packets[BUCKET_FILTERED] == r->packets) {
			strbuf_add(&text, " (the filter left none)");
		} else {
			strbuf_add(&text, " (");
			add_reasons(&text, r);
			strbuf_add_char(&text, ')');
		}
	} else if (r->packets) {
		strbuf_addf(&text, ", %llu TCP", (unsigned long long)tcp);
	}
	if (r->dropped)
		strbuf_addf(&text, ", %llu dropped by the capture", (unsigned long long)r->dropped);
	log_note("%s", text.text);
	strbuf_clear(&text);
	if (tcp) {
		strbuf_addf(&text, "%llu connection%s", (unsigned long long)r->connections, plural(r->connections));
		add_outcomes(&text, r);
		log_note("%s", text.text);
		print_anomalies(database, r);
	}
	if (r->found.lost)
		log_note("%llu anomal%s not kept for want of memory", (unsigned long long)r->found.lost,
			r->found.lost == 1 ? "y" : "ies");
	if (r->late)
		log_note("%llu late packet%s of closed connections not looked at for want of room (--max-connections)",
			(unsigned long long)r->late, plural(r->late));
	if (r->evicted)
		log_note("%llu connection%s given up for want of room (--max-memory, --max-connections)",
			(unsigned long long)r->evicted, plural(r->evicted));
	strbuf_fini(&text);
}

void summary_buckets(const struct pipeline_result *r)
{
	for (int bucket = 0; bucket < BUCKETS; bucket++) {
		if (!r->bucket_packets[bucket])
			continue;
		log_note("%12llu  %s", (unsigned long long)r->bucket_packets[bucket], decode_bucket_names[bucket]);
		for (int i = 0; i < REASONS; i++)
			if (r->reasons[i] && bucket != BUCKET_TCP &&
				decode_reason_bucket((enum decode_reason)i) == (enum decode_bucket)bucket)
				log_note("%12llu    %s", (unsigned long long)r->reasons[i],
					decode_reason_text((enum decode_reason)i));
	}
	if (r->time_back)
		log_note("%12llu  packets with a time before the one before them", (unsigned long long)r->time_back);
}
