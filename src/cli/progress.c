/* progress: see progress.h. */
#include "cli/progress.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "view/term.h"
#include "view/units.h"

void progress_begin(struct progress *p)
{
	*p = (struct progress){.wanted = term_is(stderr), .begun_ns = clock_monotonic_ns()};
}

/* What there is room for: first the anomalies go, then the rate. */
enum parts { ALL_OF_IT, WITHOUT_ANOMALIES, WITHOUT_RATE };

static void make_line(struct strbuf *line, const struct pipeline_progress *now, int64_t span_ns, enum parts parts)
{
	char done[UNITS_TEXT], total[UNITS_TEXT], left[CLOCK_TEXT];

	strbuf_clear(line);
	strbuf_add_safe(line, now->name);
	if (now->total_bytes)
		strbuf_addf(line, "  %d %%  %s of %s",
			(int)(100.0 * (double)now->read_bytes / (double)now->total_bytes),
			units_bytes((int64_t)now->read_bytes, done), units_bytes((int64_t)now->total_bytes, total));
	else
		strbuf_addf(line, "  %s", units_bytes((int64_t)now->read_bytes, done));
	if (parts != WITHOUT_RATE)
		strbuf_addf(
			line, "  %s pkt/s", units_count((int64_t)((double)now->packets * 1e9 / (double)span_ns), done));
	strbuf_addf(line, "  %llu connections", (unsigned long long)now->connections);
	if (parts == ALL_OF_IT)
		strbuf_addf(line, "  %llu anomalies", (unsigned long long)now->anomalies);
	if (now->total_bytes && now->read_bytes) {
		double rest = (double)(now->total_bytes - now->read_bytes) / (double)now->read_bytes * (double)span_ns;
		strbuf_addf(line, "  %s left", clock_print_span((int64_t)(rest / 1e9) * NS_PER_S, left));
	}
}

void progress_show(void *context, const struct pipeline_progress *now)
{
	struct progress *p = context;
	int64_t t = clock_monotonic_ns(), span = t - p->begun_ns;
	struct strbuf line = {0};

	if (!p->wanted || span < NS_PER_S || t - p->last_ns < NS_PER_S / 5)
		return;
	p->last_ns = t;
	for (int parts = ALL_OF_IT; parts <= WITHOUT_RATE; parts++) {
		make_line(&line, now, span, (enum parts)parts);
		if (term_columns(line.text) < term_width(stderr))
			break;
	}
	fprintf(stderr, "\r%s\033[K", line.text);
	strbuf_fini(&line);
	p->shown = true;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
