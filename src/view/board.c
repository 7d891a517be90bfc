/* board: what the live view keeps of the moments it is shown, and what keys change.  See board.h. */
#include "config.h"

#include "view/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "view/board_internal.h"
#include "view/evidence.h"
#include "view/term.h"

enum {
	SAMPLES = 1 << 16, /* connections whose rates are known: 1.5 MB twice */
	RATE_S = 1,        /* what rates are measured over, at least */
};

const char *const board_order_words[ORDERS] = {
	[ORDER_ATTENTION] = "attention",
	[ORDER_RATE] = "rate",
	[ORDER_AGE] = "time in state",
	[ORDER_NEWEST] = "newest",
};

struct board *board_new(const struct board_options *options)
{
	struct board *b = mem_new(1, sizeof *b);

	b->options = *options;
	b->slot = mem_new(BOARD_ROWS, sizeof *b->slot);
	b->before.sample = mem_new(SAMPLES, sizeof *b->before.sample);
	b->now.sample = mem_new(SAMPLES, sizeof *b->now.sample);
	b->before.now_ns = b->now.now_ns = CLOCK_NONE;
	b->chosen = b->rtt_ns = CLOCK_NONE;
	b->walked_ns = options->now_ns;
	b->second_number = options->now_ns / NS_PER_S;
	return b;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	for (int i = 0; i < BOARD_NOTES; i++)
		free(b->note[i].text);
	free(b->text);
	free(b->slot);
	free(b->before.sample);
	free(b->now.sample);
	free(b);
}

/* --- the last minute ------------------------------------------------------------------------------- */

/* Seconds without a moment had nothing. */
static struct board_second *this_second(struct board *b)
{
	int64_t number = b->moment.now_ns / NS_PER_S;

	if (number < b->second_number || number - b->second_number > BOARD_SECONDS)
		b->second_number = number - BOARD_SECONDS;
	while (b->second_number < number)
		b->second[++b->second_number % BOARD_SECONDS] = (struct board_second){0};
	return &b->second[number % BOARD_SECONDS];
}

struct board_second board_sum(const struct board *b, unsigned seconds, unsigned before)
{
	struct board_second sum = {0};

	for (unsigned i = before; i < before + seconds && i < BOARD_SECONDS; i++) {
		const struct board_second *s =
			&b->second[(uint64_t)(b->second_number - i + BOARD_SECONDS) % BOARD_SECONDS];
		sum.opened += s->opened;
		sum.closed += s->closed;
		sum.reset += s->reset;
	}
	return sum;
}

static void count_closing(struct board *b, const struct present *p)
{
	if (p->closing_ns == CLOCK_NONE || p->closing_ns <= b->walked_ns || p->closing_ns > b->moment.now_ns ||
		b->second_number - p->closing_ns / NS_PER_S >= BOARD_SECONDS)
		return;
	struct board_second *second = &b->second[(uint64_t)(p->closing_ns / NS_PER_S) % BOARD_SECONDS];
	second->reset += p->reset;
	second->closed += !p->reset;
}

/* Kept in order, the smallest first; beyond BOARD_RTTS they are not looked at. */
static void keep_rtt(struct board *b, int64_t rtt_ns)
{
	unsigned at = b->rtts;

	if (at == BOARD_RTTS)
		return;
	for (; at && b->rtt[at - 1] > rtt_ns; at--)
		b->rtt[at] = b->rtt[at - 1];
	b->rtt[at] = rtt_ns;
	b->rtts++;
}

/* --- rates ----------------------------------------------------------------------------------------- */

/* Seconds since the moment before; 0: there was none. */
static double span_of(const struct board *b)
{
	return b->before.now_ns == CLOCK_NONE ? 0 : (double)clock_since(b->moment.now_ns, b->before.now_ns) / NS_PER_S;
}

/* Both moments have their connections in order of ids. */
static void measure(struct board *b, struct board_row *row)
{
	const struct board_samples *before = &b->before;
	double span = span_of(b);

	while (b->merged < before->count && before->sample[b->merged].id < row->p.id)
		b->merged++;
	const struct board_sample *was = b->merged < before->count ? &before->sample[b->merged] : NULL;
	bool known = was && was->id == row->p.id;
	bool is_new = before->now_ns != CLOCK_NONE && row->p.first_ns >= before->now_ns;
	for (int side = 0; side < SIDES; side++) {
		int64_t bytes = row->p.bytes[side] - (known ? was->bytes[side] : 0);
		/* roles may have been exchanged meanwhile */
		row->rate[side] = (known || is_new) && span > 0 && bytes >= 0 ? (double)bytes / span : -1;
	}
	if (b->now.count < SAMPLES)
		b->now.sample[b->now.count++] =
			(struct board_sample){row->p.id, {row->p.bytes[INITIATOR], row->p.bytes[RESPONDER]}};
}

static void measure_all(struct board *b)
{
	double span = span_of(b);

	if (span <= 0)
		return;
	b->packet_rate = (double)(b->moment.packets - b->before.packets) / span;
	b->byte_rate = (double)(b->moment.bytes - b->before.bytes) / span;
}

static void keep_samples(struct board *b)
{
	struct board_samples old = b->before;

	if (old.now_ns != CLOCK_NONE && clock_since(b->moment.now_ns, old.now_ns) < RATE_S * NS_PER_S)
		return;
	b->before = b->now;
	b->before.now_ns = b->moment.now_ns;
	b->before.packets = b->moment.packets;
	b->before.bytes = b->moment.bytes;
	b->now = old;
}

/* --- order ----------------------------------------------------------------------------------------- */

/* Below 0: a stands before b. */
typedef int compare_rows(const struct board_row *a, const struct board_row *b);

static int compare_ids(const struct board_row *a, const struct board_row *b)
{
	return (a->p.id > b->p.id) - (a->p.id < b->p.id);
}

static int by_age(const struct board_row *a, const struct board_row *b)
{
	if (a->p.since_ns != b->p.since_ns)
		return a->p.since_ns < b->p.since_ns ? -1 : 1;
	return compare_ids(a, b);
}

/* The most severe first: none is less than the least one. */
static int by_attention(const struct board_row *a, const struct board_row *b)
{
	int first = a->p.worst == SEVERITIES ? -1 : (int)a->p.worst;
	int second = b->p.worst == SEVERITIES ? -1 : (int)b->p.worst;

	return first != second ? second - first : by_age(a, b);
}

static int by_rate(const struct board_row *a, const struct board_row *b)
{
	double first = a->rate[INITIATOR] + a->rate[RESPONDER], second = b->rate[INITIATOR] + b->rate[RESPONDER];

	return first != second ? (first < second) - (first > second) : by_attention(a, b);
}

static int by_newest(const struct board_row *a, const struct board_row *b)
{
	return -compare_ids(a, b);
}

/* Puts a row at its place; where all are taken, the last one goes.  (The C library's qsort asks how much memory there
 * is, a system call that a watch has given up.) */
static void put_row(struct board *b, const struct board_row *row)
{
	static compare_rows *const orders[ORDERS] = {
		[ORDER_ATTENTION] = by_attention,
		[ORDER_RATE] = by_rate,
		[ORDER_AGE] = by_age,
		[ORDER_NEWEST] = by_newest,
	};
	compare_rows *compare = orders[b->order];
	unsigned low = 0, high = b->rows;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (compare(b->row[middle], row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == BOARD_ROWS)
		return;
	struct board_row *slot = b->rows < BOARD_ROWS ? &b->slot[b->rows++] : b->row[BOARD_ROWS - 1];
	memmove(&b->row[low + 1], &b->row[low], (b->rows - 1 - low) * sizeof *b->row);
	*slot = *row;
	b->row[low] = slot;
}

/* --- filters --------------------------------------------------------------------------------------- */

static void add_words(struct strbuf *text, const struct present *p)
{
	char ip[ADDR_TEXT];

	for (int side = 0; side < SIDES; side++) {
		strbuf_addf(text, addr_is_v4(&p->ip[side]) ? "%s:%u " : "[%s]:%u ", addr_print(&p->ip[side], ip),
			p->port[side]);
		if (p->state[side] < TCP_STATES)
			strbuf_addf(text, "%s %s ", state_words[p->state[side]].name,
				state_words[p->state[side]].short_name);
	}
	if (p->kind < ANOMALIES)
		strbuf_addf(text, "%s %s", severity_words[p->worst], anomaly_kinds[p->kind].code);
}

static bool is_over(enum tcp_state state)
{
	return state == TCP_CLOSED || state == TCP_UNKNOWN;
}

static bool fits(const struct board *b, const struct present *p)
{
	struct strbuf text = {0};

	/* what is over on both sides is kept for stragglers, and nobody's concern */
	if (is_over(p->state[INITIATOR]) && is_over(p->state[RESPONDER]))
		return false;
	if (b->anomalies_only && p->worst == SEVERITIES)
		return false;
	if (b->no_time_wait && (p->state[INITIATOR] == TCP_TIME_WAIT || p->state[RESPONDER] == TCP_TIME_WAIT))
		return false;
	if (!*b->filter)
		return true;
	add_words(&text, p);
	bool found = strcasestr(text.text, b->filter) != NULL;
	strbuf_fini(&text);
	return found;
}

/* --- moments --------------------------------------------------------------------------------------- */

bool board_is_paused(const struct board *b)
{
	return b->paused;
}

void board_begin(struct board *b, const struct board_moment *moment)
{
	uint64_t connections = b->any ? b->moment.connections : moment->connections;

	b->moment = *moment;
	b->any = true;
	this_second(b)->opened += (uint32_t)(moment->connections - connections);
	b->rows = b->merged = b->now.count = b->rtts = 0;
	b->fitting = 0;
}

void board_connection(void *board, const struct present *p)
{
	struct board *b = board;
	struct board_row row = {.p = *p};

	measure(b, &row);
	count_closing(b, p);
	if (p->rtt_ns != CLOCK_NONE && p->first_ns > b->moment.now_ns - BOARD_SECONDS * NS_PER_S)
		keep_rtt(b, p->rtt_ns);
	if (!fits(b, p))
		return;
	b->fitting++;
	put_row(b, &row);
}

void board_complete(struct board *b)
{
	b->walked_ns = b->moment.now_ns;
	measure_all(b);
	keep_samples(b);
	b->rtt_ns = b->rtts ? b->rtt[b->rtts / 2] : CLOCK_NONE;
	/* the cursor stays with its connection; when that is gone, where it is */
	for (unsigned i = 0; i < b->rows; i++)
		if (b->row[i]->p.id == b->chosen) {
			b->at = i;
			return;
		}
	b->chosen = CLOCK_NONE;
}

/* --- notes ----------------------------------------------------------------------------------------- */

static void add_note(struct board *b, enum severity severity, struct strbuf *text)
{
	free(b->note[BOARD_NOTES - 1].text);
	memmove(b->note + 1, b->note, (BOARD_NOTES - 1) * sizeof *b->note);
	b->note[0] = (struct board_note){text->text, severity}; /* which it keeps */
}

static const char *time_of_day(int64_t ns, char when[CLOCK_TEXT])
{
	term_time(ns, 0, when);
	return strlen(when) > 11 ? when + 11 : when;
}

void board_news(struct board *b, int64_t time_ns, const char *said)
{
	struct strbuf text = {0};
	char when[CLOCK_TEXT];

	strbuf_addf(&text, "%s ", time_of_day(time_ns, when));
	strbuf_add_safe(&text, said);
	add_note(b, SEVERITIES, &text);
}

void board_anomaly(struct board *b, const struct anomaly_record *row)
{
	struct strbuf text = {0};
	char when[CLOCK_TEXT], ip[SIDES][ADDR_TEXT];

	strbuf_addf(&text, "%s %s %s", time_of_day(row->time_ns, when), term_severity_mark(row->severity), row->code);
	for (int side = 0; side < SIDES && row->connection_id != CLOCK_NONE; side++) {
		if (side)
			strbuf_addf(&text, " %s ", term_arrow());
		else
			strbuf_add(&text, "  ");
		strbuf_addf(&text, addr_is_v4(&row->ip[side]) ? "%s:%u" : "[%s]:%u",
			addr_print(&row->ip[side], ip[side]), row->port[side]);
	}
	strbuf_add(&text, "  ");
	evidence_add(&text, row);
	add_note(b, severity_from_word(row->severity), &text);
}

/* --- texts ----------------------------------------------------------------------------------------- */

void board_show(struct board *b, const char *text)
{
	free(b->text);
	b->text = mem_copy(text);
	b->text_lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		b->text_lines++;
	b->top = 0;
}

static void show_help(struct board *b)
{
	board_show(b,
		"Keys\n"
		"  up, down, page up, page down, home, end   move\n"
		"  enter   the story of the connection\n"
		"  s       sort: what needs attention (the worst anomaly, then the longest in its state), by rate,\n"
		"          by time in state, the newest first\n"
		"  /       only what contains a text: an address, :443, CLOSE-WAIT, the code of an anomaly\n"
		"  a       only connections with anomalies\n"
		"  t       with or without those in TIME-WAIT\n"
		"  p       the picture stands still, the capture goes on\n"
		"  q       quit: all that was seen is stored\n"
		"\n"
		"States   initiator/responder; ? presumed, * by timer, else proved\n"
		"FOR      how long both sides have been in these states\n"
		"I/s R/s  octets of payload that each side sent in the last second\n"
		"drops    packets that the kernel or an interface lost, since the start\n"
		"queue    rows that wait for the disk\n"
		"\n"
		"lastack explain CODE tells what an anomaly means.\n");
}

static void close_text(struct board *b)
{
	free(b->text);
	b->text = NULL;
	b->top = 0;
}

/* --- keys ------------------------------------------------------------------------------------------ */

/* Where a key leads among so many lines; `at` for one that does not move. */
static unsigned moved(int key, unsigned at, unsigned lines, unsigned page)
{
	unsigned last = lines ? lines - 1 : 0, step = page > 1 ? page - 1 : 1;

	switch (key) {
	case BOARD_UP:
	case 'k':
		return at ? at - 1 : 0;
	case BOARD_DOWN:
	case 'j':
		return at < last ? at + 1 : last;
	case BOARD_PAGE_UP:
		return at > step ? at - step : 0;
	case BOARD_PAGE_DOWN:
		return at + step < last ? at + step : last;
	case BOARD_HOME:
		return 0;
	case BOARD_END:
		return last;
	default:
		return at;
	}
}

/* The rows that are there are looked through anew: nobody waits for the next moment. */
static void refit(struct board *b)
{
	unsigned rows = b->rows;
	struct board_row *was = mem_new(BOARD_ROWS, sizeof *was);

	memcpy(was, b->slot, BOARD_ROWS * sizeof *was);
	b->rows = b->top = b->at = 0;
	b->chosen = CLOCK_NONE;
	for (unsigned i = 0; i < rows; i++)
		if (fits(b, &was[i].p))
			put_row(b, &was[i]);
	b->fitting = b->rows;
	free(was);
}

static void type(struct board *b, int key)
{
	size_t length = strlen(b->filter);

	if (key == BOARD_ENTER || key == BOARD_ESCAPE)
		b->typing = false;
	if (key == BOARD_ESCAPE)
		*b->filter = '\0';
	else if (key == BOARD_ERASE && length)
		b->filter[length - 1] = '\0';
	else if (key > ' ' && key < 127 && length + 1 < BOARD_FILTER)
		b->filter[length] = (char)key, b->filter[length + 1] = '\0';
	refit(b);
}

static enum board_wish press_in_text(struct board *b, int key)
{
	unsigned most = b->text_lines > b->page ? b->text_lines - b->page : 0;

	if (key == 'q' || key == BOARD_ESCAPE || key == BOARD_ENTER || key == '?')
		close_text(b);
	else
		b->top = moved(key, b->top, most + 1, b->page);
	return BOARD_NOTHING;
}

static void move_cursor(struct board *b, int key)
{
	bool first = b->chosen == CLOCK_NONE && key != BOARD_END;

	if (moved(key, 1, 3, 2) == 1 || !b->rows)
		return;
	b->at = first && b->at < b->rows ? b->at : moved(key, b->at, b->rows, b->page);
	b->chosen = b->row[b->at]->p.id;
}

enum board_wish board_press(struct board *b, int key)
{
	if (b->typing) {
		type(b, key);
		return BOARD_NOTHING;
	}
	if (b->text)
		return press_in_text(b, key);
	switch (key) {
	case 'q':
		return BOARD_QUIT;
	case 'p':
		b->paused = !b->paused;
		break;
	case 's':
		b->order = (b->order + 1) % ORDERS;
		refit(b);
		break;
	case '/':
		b->typing = true;
		break;
	case 'a':
		b->anomalies_only = !b->anomalies_only;
		refit(b);
		break;
	case 't':
		b->no_time_wait = !b->no_time_wait;
		refit(b);
		break;
	case '?':
		show_help(b);
		break;
	case BOARD_ESCAPE:
		*b->filter = '\0';
		b->chosen = CLOCK_NONE;
		break;
	case BOARD_ENTER:
		return b->chosen == CLOCK_NONE ? BOARD_NOTHING : BOARD_TELL;
	default:
		move_cursor(b, key);
	}
	return BOARD_NOTHING;
}

int64_t board_chosen(const struct board *b)
{
	return b->chosen;
}
