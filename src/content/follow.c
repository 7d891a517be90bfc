/* follow: see follow.h. */
#include "content/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "content/extents.h"

#define HELD_MOST (UINT64_C(256) << 20) /* octets of one conversation */

struct piece {
	enum side side;
	int64_t start, end; /* offsets, end exclusive */
	uint8_t *text;
};

struct follow {
	struct follow_whom whom;
	uint64_t connection; /* the first that fits */
	bool found;
	struct piece *piece; /* in the order in which they came; none overlaps another of its side */
	size_t count, room;
	struct extents extents[SIDES];
	int64_t length[SIDES];
	uint64_t held, left_out;
};

struct follow *follow_new(const struct follow_whom *whom)
{
	struct follow *follow = mem_new(1, sizeof *follow);

	follow->whom = *whom;
	return follow;
}

void follow_free(struct follow *follow)
{
	if (!follow)
		return;
	for (size_t i = 0; i < follow->count; i++)
		free(follow->piece[i].text);
	free(follow->piece);
	extents_fini(&follow->extents[INITIATOR]);
	extents_fini(&follow->extents[RESPONDER]);
	free(follow);
}

static bool is_from(const struct follow_whom *whom, enum side side, const struct octets *o)
{
	enum side peer = side == INITIATOR ? RESPONDER : INITIATOR;

	return !addr_compare(o->source, &whom->ip[side]) && o->source_port == whom->port[side] &&
	       !addr_compare(o->destination, &whom->ip[peer]) && o->destination_port == whom->port[peer];
}

static void hold(struct follow *follow, enum side side, int64_t start, int64_t end, const uint8_t *text)
{
	if (follow->count == follow->room) {
		follow->room = follow->room ? 2 * follow->room : 64;
		follow->piece = mem_grow(follow->piece, follow->room * sizeof *follow->piece);
	}
	struct piece *piece = &follow->piece[follow->count++];
	*piece = (struct piece){side, start, end, mem_new((unsigned long)(end - start), 1)};
	memcpy(piece->text, text, (size_t)(end - start));
	follow->held += (uint64_t)(end - start);
}

static void take_piece(void *context, const struct octets *o)
{
	struct follow *follow = context;
	const struct follow_whom *whom = &follow->whom;
	int64_t start = o->offset, end = start + o->captured, stop;

	if (o->time_ns < whom->first_ns || o->time_ns > whom->last_ns || o->offset < 0 ||
		(follow->found && follow->connection != o->connection))
		return;
	enum side side = is_from(whom, INITIATOR, o) ? INITIATOR : RESPONDER;
	if (side == RESPONDER && !is_from(whom, RESPONDER, o))
		return;
	follow->found = true;
	follow->connection = o->connection;
	if (o->offset + o->length > follow->length[side])
		follow->length[side] = o->offset + o->length;
	for (; extents_next_absent(&follow->extents[side], &start, end, &stop); start = stop) {
		if (follow->held + (uint64_t)(stop - start) > HELD_MOST ||
			!extents_add(&follow->extents[side], start, stop)) {
			follow->left_out += (uint64_t)(end - start);
			return;
		}
		hold(follow, side, start, stop, o->text + (start - o->offset));
	}
}

static void take_end(void *context, const struct octets_end *end)
{
	(void)context;
	(void)end;
}

struct octets_sink follow_sink(struct follow *follow)
{
	return (struct octets_sink){take_piece, take_end, follow};
}

uint64_t follow_left_out(const struct follow *follow)
{
	return follow->left_out;
}

/* --- printing ------------------------------------------------------------------------------------ */

static const char marks[SIDES][3] = {"> ", "< "};

struct page {
	FILE *out;
	struct strbuf text; /* of one side, not printed yet */
	enum side side;     /* whose */
	uint64_t printed;
};

/* Text of one side, a mark before each line.  A character that was cut between two pieces is whole again here. */
static void end_turn(struct page *page)
{
	const unsigned char *at = (const unsigned char *)page->text.text, *end = at + page->text.length;
	bool line_begins = true;
	uint32_t point;

	while (at && at < end) {
		size_t length = *at ? utf8_next(at, &point) : 0;

		if (line_begins)
			fputs(marks[page->side], page->out);
		line_begins = *at == '\n';
		if (*at == '\r' && at + 1 < end && at[1] == '\n')
			length = 1;
		else if (*at == '\n' || *at == '\t' || (length && utf8_is_printable(point)))
			fwrite(at, 1, length, page->out);
		else
			fputc('.', page->out);
		at += length ? length : 1;
	}
	if (!line_begins)
		fputc('\n', page->out);
	strbuf_clear(&page->text);
}

static void say(struct page *page, const struct piece *piece)
{
	if (page->side != piece->side)
		end_turn(page);
	page->side = piece->side;
	strbuf_add_n(&page->text, (const char *)piece->text, (size_t)(piece->end - piece->start));
	page->printed += (uint64_t)(piece->end - piece->start);
}

static void say_missing(struct page *page, enum side side, int64_t octets)
{
	end_turn(page);
	page->side = side;
	fprintf(page->out, "%s[%lld octets of the %s are not in the capture]\n", marks[side], (long long)octets,
		side_words[side]);
}

static int by_place(const void *a, const void *b)
{
	const struct piece *one = *(const struct piece *const *)a, *two = *(const struct piece *const *)b;

	if (one->side != two->side)
		return one->side < two->side ? -1 : 1;
	return (one->start > two->start) - (one->start < two->start);
}

/* One side's pieces in the order of their offsets, and how far it has been printed. */
struct reader {
	const struct piece **next, **end;
	int64_t at;
};

/* Prints what can be read of a side once everything up to `latest` has come. */
static void read_on(struct page *page, struct reader *reader, const struct piece *latest)
{
	while (reader->next < reader->end && *reader->next <= latest) {
		const struct piece *piece = *reader->next++;

		if (piece->start > reader->at)
			say_missing(page, piece->side, piece->start - reader->at);
		say(page, piece);
		reader->at = piece->end;
	}
}

uint64_t follow_print(const struct follow *follow, FILE *out)
{
	const struct piece **order = mem_new(follow->count + 1, sizeof *order);
	struct page page = {.out = out};
	size_t first = 0;

	for (size_t i = 0; i < follow->count; i++) {
		order[i] = &follow->piece[i];
		first += follow->piece[i].side == INITIATOR;
	}
	qsort(order, follow->count, sizeof *order, by_place);
	struct reader readers[SIDES] = {
		{.next = order, .end = order + first}, {.next = order + first, .end = order + follow->count}};
	for (size_t i = 0; i < follow->count; i++)
		read_on(&page, &readers[follow->piece[i].side], &follow->piece[i]);
	end_turn(&page);
	for (int side = 0; side < SIDES; side++)
		if (readers[side].at < follow->length[side])
			say_missing(&page, (enum side)side, follow->length[side] - readers[side].at);
	strbuf_fini(&page.text);
	free(order);
	return page.printed;
}
