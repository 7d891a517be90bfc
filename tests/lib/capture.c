/* capture: a scenario as a capture file.  See scenario.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/scenario.h"

static void write32(FILE *file, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		putc((int)(value >> shift & 0xff), file);
}

static void write_packet(FILE *file, const struct wrap *w, int64_t time_ns, uint32_t snap_length)
{
	uint32_t length = (uint32_t)(w->end - w->at);
	uint32_t captured = snap_length && length > snap_length ? snap_length : length;

	write32(file, (uint32_t)(time_ns / NS_PER_S));
	write32(file, (uint32_t)(time_ns % NS_PER_S));
	write32(file, captured);
	write32(file, length);
	fwrite(w->room + w->at, 1, captured, file);
}

bool scenario_write(const struct scenario *s, const char *path, struct err *err)
{
	FILE *file = fopen(path, "wb");
	struct wrap *w = mem_new(1, sizeof *w);

	if (file) {
		write32(file, 0xa1b23c4d); /* nanoseconds */
		write32(file, 0x00020004);
		write32(file, 0);
		write32(file, 0);
		write32(file, s->snap_length ? s->snap_length : 262144);
		write32(file, (uint32_t)s->link->link_type);
	}
	for (size_t i = 0; file && i < s->step_count; i++) {
		const struct scenario_step *step = &s->steps[i];

		if (step->fragment) {
			wrap_fragment(w, s->link, &step->segment, step->fragment, false);
			write_packet(file, w, step->segment.time_ns, s->snap_length);
			wrap_fragment(w, s->link, &step->segment, step->fragment, true);
		} else {
			wrap_segment(w, s->link, &step->segment);
		}
		write_packet(file, w, step->segment.time_ns, s->snap_length);
	}
	free(w);
	if (!file || ferror(file) | fclose(file))
		return err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
	return true;
}
