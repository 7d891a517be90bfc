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

static void add_rate(struct strbuf *line, uint64_t packets, int64_t span_ns)
{
	char rate[UNITS_TEXT];

	strbuf_addf(line, "  %s pkt/s", units_count((int64_t)((double)packets * 1e9 / (double)span_ns), rate));
}

void progress_show(void *context, const struct pipeline_progress *now)
{
	struct progress *p = context;
	int64_t t = clock_monotonic_ns(), span = t - p->begun_ns;
	struct strbuf line = {0};
	char done[UNITS_TEXT], total[UNITS_TEXT], left[CLOCK_TEXT];

	if (!p->wanted || span < NS_PER_S || t - p->last_ns < NS_PER_S / 5)
		return;
	p->last_ns = t;
	strbuf_add(&line, "\r");
	strbuf_add_safe(&line, now->name);
	if (now->total_bytes)
		strbuf_addf(&line, "  %d %%  %s of %s",
			(int)(100.0 * (double)now->read_bytes / (double)now->total_bytes),
			units_bytes((int64_t)now->read_bytes, done), units_bytes((int64_t)now->total_bytes, total));
	else
		strbuf_addf(&line, "  %s", units_bytes((int64_t)now->read_bytes, done));
	if (term_width(stderr) >= 80)
		add_rate(&line, now->packets, span);
	strbuf_addf(&line, "  %llu connections", (unsigned long long)now->connections);
	if (now->total_bytes && now->read_bytes) {
		double rest = (double)(now->total_bytes - now->read_bytes) / (double)now->read_bytes * (double)span;
		strbuf_addf(&line, "  %s left", clock_print_span((int64_t)(rest / 1e9) * NS_PER_S, left));
	}
	strbuf_add(&line, "\033[K");
	strbuf_flush(&line, stderr);
	strbuf_fini(&line);
	p->shown = true;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
