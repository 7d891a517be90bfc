/* journal: see journal.h. */
#include "cli/journal.h"

#include "base/clock.h"
#include "base/log.h"

static struct journal_kind *find(struct journal *j, const char *kind)
{
	for (unsigned i = 0; i < j->kinds; i++)
		if (j->kind[i].kind == kind)
			return &j->kind[i];
	if (j->kinds == JOURNAL_KINDS)
		return &j->kind[JOURNAL_KINDS - 1];
	j->kind[j->kinds].kind = kind;
	return &j->kind[j->kinds++];
}

/* A new second begins for it, whatever the clock did. */
static void turn(struct journal_kind *kind, int64_t now_ns)
{
	char when[CLOCK_TEXT];

	if (kind->second == now_ns / NS_PER_S)
		return;
	if (kind->held)
		log_note("%s %s: repeated %llu times", clock_print(now_ns, 0, when), kind->kind,
			(unsigned long long)kind->held);
	kind->second = now_ns / NS_PER_S;
	kind->lines = kind->held = 0;
}

void journal_line(struct journal *j, int64_t now_ns, int64_t time_ns, const char *kind, const char *text)
{
	struct journal_kind *own = find(j, kind);
	char when[CLOCK_TEXT];

	turn(own, now_ns);
	if (own->lines++ < JOURNAL_MOST)
		log_note("%s %s", clock_print(time_ns, 0, when), text);
	else
		own->held++;
}

void journal_tick(struct journal *j, int64_t now_ns)
{
	for (unsigned i = 0; i < j->kinds; i++)
		turn(&j->kind[i], now_ns);
}
