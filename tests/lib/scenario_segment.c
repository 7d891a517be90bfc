/* scenario_segment: a line that is a segment.  See scenario_reader.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/scenario_reader.h"

static bool read_flags(struct reader *r, uint8_t *ctl)
{
	static const char letters[] = "FSRPAUEC"; /* bit 0 first */
	char word[WORD];

	*ctl = 0;
	if (!reader_word(r, word))
		return reader_wrong(r, "a segment needs its flags: S SA A PA FA RA ... or -");
	if (!strcmp(word, "-"))
		return true;
	for (const char *c = word; *c; c++) {
		const char *letter = strchr(letters, *c);
		if (!letter)
			return reader_wrong(r, "%s: '%c' is no flag", word, *c);
		*ctl |= (uint8_t)(1U << (letter - letters));
	}
	return true;
}

/* What a line says beside the struct segment. */
struct extras {
	bool unseen, seq_given, ack_given;
	int64_t fragment;
};

static bool read_sack(struct reader *r, struct segment *s, uint32_t peer_isn)
{
	char word[WORD], *end;
	unsigned long left, right;

	if (!reader_word(r, word) || s->sack_count == SACK_BLOCKS)
		return reader_wrong(r, "sack needs A-B, and a segment has at most %d of them", SACK_BLOCKS);
	left = strtoul(word, &end, 10);
	if (*end != '-')
		return reader_wrong(r, "sack %s: A-B is wanted", word);
	right = strtoul(end + 1, &end, 10);
	if (*end)
		return reader_wrong(r, "sack %s: A-B is wanted", word);
	s->sack[s->sack_count].left = peer_isn + (uint32_t)left;
	s->sack[s->sack_count].right = peer_isn + (uint32_t)right;
	s->sack_count++;
	s->options |= OPTION_SACK;
	return true;
}

static bool read_timestamps(struct reader *r, struct segment *s)
{
	int64_t val, ecr;

	if (!reader_number(r, "ts", 0, UINT32_MAX, &val) || !reader_number(r, "ts", 0, UINT32_MAX, &ecr))
		return false;
	s->ts_val = (uint32_t)val;
	s->ts_ecr = (uint32_t)ecr;
	s->options |= OPTION_TIMESTAMPS;
	return true;
}

/* A key and what follows it.  Sequence numbers are relative to the section's initial ones. */
static bool read_key(struct reader *r, const char *key, struct segment *s, struct extras *x, const struct party *from,
	const struct party *to)
{
	int64_t n;

	if (!strcmp(key, "seq")) {
		x->seq_given = true;
		return reader_number(r, key, -INT64_C(4294967295), UINT32_MAX, &n) &&
		       (s->seq = from->isn + (uint32_t)n, true);
	}
	if (!strcmp(key, "ack")) {
		x->ack_given = true;
		return reader_number(r, key, -INT64_C(4294967295), UINT32_MAX, &n) &&
		       (s->ack = to->isn + (uint32_t)n, true);
	}
	if (!strcmp(key, "len"))
		return reader_number(r, key, 0, 65000, &n) && (s->payload_len = (uint32_t)n, true);
	if (!strcmp(key, "wnd"))
		return reader_number(r, key, 0, 65535, &n) && (s->wnd = (uint16_t)n, true);
	if (!strcmp(key, "mss"))
		return reader_number(r, key, 0, 65535, &n) && (s->mss = (uint16_t)n, s->options |= OPTION_MSS, true);
	if (!strcmp(key, "wscale"))
		return reader_number(r, key, 0, 255, &n) &&
		       (s->window_scale = (uint8_t)n, s->options |= OPTION_WINDOW_SCALE, true);
	if (!strcmp(key, "ttl"))
		return reader_number(r, key, 0, 255, &n) && (s->ttl = (uint8_t)n, true);
	if (!strcmp(key, "id"))
		return reader_number(r, key, 0, 65535, &n) && (s->ip_id = (uint16_t)n, true);
	if (!strcmp(key, "frag")) {
		if (!reader_number(r, key, 8, 65000, &x->fragment))
			return false;
		return x->fragment % 8 ? reader_wrong(r, "frag: a multiple of 8 is wanted") : true;
	}
	if (!strcmp(key, "sack"))
		return read_sack(r, s, to->isn);
	if (!strcmp(key, "ts"))
		return read_timestamps(r, s);
	if (!strcmp(key, "sackok"))
		s->options |= OPTION_SACK_PERMITTED;
	else if (!strcmp(key, "tfo"))
		s->options |= OPTION_FAST_OPEN;
	else if (!strcmp(key, "bad"))
		s->checksum = CHECKSUM_BAD;
	else if (!strcmp(key, "other"))
		s->digest = 1;
	else if (!strcmp(key, "unseen"))
		x->unseen = true;
	else if (strcmp(key, "lost")) /* a note to the reader: it passed the tap and never arrived */
		return reader_wrong(r, "%s: no such key", key);
	return true;
}

bool reader_segment(struct reader *r, int64_t time_ns)
{
	enum side side;
	char key[WORD];
	struct extras x = {0};
	struct scenario_step step = {.connection = r->section};
	struct segment *s = &step.segment;

	if (!reader_side(r, "a segment", &side) || !read_flags(r, &s->ctl))
		return false;
	struct party *from = &r->party[side], *to = &r->party[side == INITIATOR ? RESPONDER : INITIATOR];
	s->time_ns = time_ns;
	s->source = from->ip;
	s->destination = to->ip;
	s->source_port = from->port;
	s->destination_port = to->port;
	s->wnd = 64240;
	s->ttl = from->ttl;
	s->vlan = from->vlan;
	s->has_ip_id = !r->family6;
	s->ip_id = s->has_ip_id ? from->ip_id++ : 0;
	s->checksum = CHECKSUM_GOOD;
	while (reader_word(r, key))
		if (!read_key(r, key, s, &x, from, to))
			return false;
	if (!x.seq_given)
		s->seq = from->isn + from->next;
	if (!x.ack_given && s->ctl & CTL_ACK)
		s->ack = to->isn + to->next;
	if (!(s->ctl & CTL_ACK))
		s->ack = 0;
	scenario_fill_lengths(s);
	uint32_t end = s->seq - from->isn + s->len;
	if ((int32_t)(end - from->next) > 0 && !(s->ctl & CTL_RST))
		from->next = end;
	step.fragment = (uint32_t)x.fragment;
	r->section_used = true;
	if (!x.unseen)
		scenario_add(r->scenario, &step);
	return true;
}
