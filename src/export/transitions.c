/* transitions: one JSON object per line for each state change of either side, and each proof of an earlier one. */
#include "base/json.h"
#include "export/writer.h"

static void add_endpoint(struct strbuf *line, const char *prefix, const struct conn_record *record, enum side side)
{
	char ip[ADDR_TEXT];

	strbuf_addf(line, ",\"%s_addr\":\"%s\",\"%s_port\":%lld", prefix, addr_print(&record->ip[side], ip), prefix,
		(long long)record->port[side]);
}

static void transitions_record(struct writer *w, const struct conn_record *record)
{
	const char *state[SIDES] = {NULL}, *at = record->timeline;
	struct timeline_step step;

	while (at && timeline_next(&at, &step)) {
		enum side peer = step.side == INITIATOR ? RESPONDER : INITIATOR;
		const char *to = state_words[step.state].name, *from = step.confirm ? to : state[step.side];

		/* a side's first step: out of nothing, or out of a past that was not seen */
		if (!from)
			from = record->midstream ? "UNKNOWN" : state_words[TCP_CLOSED].name;
		strbuf_add(&w->line, "{\"ts\":");
		json_add_seconds(&w->line, clock_plus(record->first_ns, step.offset_us * NS_PER_US));
		strbuf_addf(&w->line, ",\"connection\":%lld", (long long)record->id);
		add_endpoint(&w->line, "local", record, step.side);
		add_endpoint(&w->line, "remote", record, peer);
		strbuf_addf(&w->line, ",\"from\":\"%s\",\"to\":\"%s\",\"basis\":\"%s\"%s}\n", from, to,
			basis_words[step.basis], step.confirm ? ",\"confirm\":true" : "");
		if (!step.confirm)
			state[step.side] = to;
	}
	strbuf_flush(&w->line, w->out);
}

const struct writer_class writer_transitions = {
	"transitions", "one JSON object per line and state change", writer_new, transitions_record, writer_free};
