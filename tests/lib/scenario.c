/* scenario: reads the text.  See scenario.h and tests/scenario/README.md. */
#include "tests/lib/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { WORD = 96 };

/* What the parser knows of one side of the section that it is in. */
struct party {
	struct addr ip;
	uint16_t port, vlan;
	uint32_t isn;
	uint32_t next; /* relative: one beyond the highest octet it sent */
	uint16_t ip_id;
	uint8_t ttl;
};

struct reader {
	struct scenario *scenario;
	struct err *err;
	unsigned line;
	const char *at; /* in the line */
	struct party party[SIDES];
	unsigned section;
	bool section_used, family6;
};

/* --- words ---------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool wrong(struct reader *r, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return err_set(r->err, ERR_USAGE, "%s.seg:%u: %s", r->scenario->name, r->line, text);
}

/* The next word of the line; false at its end. */
static bool next_word(struct reader *r, char word[WORD])
{
	size_t length;

	r->at += strspn(r->at, " \t");
	length = strcspn(r->at, " \t");
	if (!length || length >= WORD)
		return false;
	memcpy(word, r->at, length);
	word[length] = '\0';
	r->at += length;
	return true;
}

static bool next_number(struct reader *r, const char *what, int64_t low, int64_t high, int64_t *value)
{
	char word[WORD], *end;

	if (!next_word(r, word))
		return wrong(r, "%s needs a number", what);
	errno = 0;
	*value = strtoll(word, &end, 10);
	if (errno || *end || *value < low || *value > high)
		return wrong(r, "%s %s: a number from %lld to %lld is wanted", what, word, (long long)low,
			(long long)high);
	return true;
}

static bool side_of(const char *word, enum side *side)
{
	*side = word[0] == 'I' ? INITIATOR : RESPONDER;
	return (word[0] == 'I' || word[0] == 'R') && !word[1];
}

static bool next_side(struct reader *r, const char *what, enum side *side)
{
	char word[WORD];

	if (!next_word(r, word) || !side_of(word, side))
		return wrong(r, "%s needs a side: I or R", what);
	return true;
}

/* --- a segment --------------------------------------------------------------------------------------------- */

static bool read_flags(struct reader *r, uint8_t *ctl)
{
	static const char letters[] = "FSRPAUEC"; /* bit 0 first */
	char word[WORD];

	*ctl = 0;
	if (!next_word(r, word))
		return wrong(r, "a segment needs its flags: S SA A PA FA RA ... or -");
	if (!strcmp(word, "-"))
		return true;
	for (const char *c = word; *c; c++) {
		const char *letter = strchr(letters, *c);
		if (!letter)
			return wrong(r, "%s: '%c' is no flag", word, *c);
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

	if (!next_word(r, word) || s->sack_count == SACK_BLOCKS)
		return wrong(r, "sack needs A-B, and a segment has at most %d of them", SACK_BLOCKS);
	left = strtoul(word, &end, 10);
	if (*end != '-')
		return wrong(r, "sack %s: A-B is wanted", word);
	right = strtoul(end + 1, &end, 10);
	if (*end)
		return wrong(r, "sack %s: A-B is wanted", word);
	s->sack[s->sack_count].left = peer_isn + (uint32_t)left;
	s->sack[s->sack_count].right = peer_isn + (uint32_t)right;
	s->sack_count++;
	s->options |= OPTION_SACK;
	return true;
}

static bool read_timestamps(struct reader *r, struct segment *s)
{
	int64_t val, ecr;

	if (!next_number(r, "ts", 0, UINT32_MAX, &val) || !next_number(r, "ts", 0, UINT32_MAX, &ecr))
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
		return next_number(r, key, -INT64_C(4294967295), UINT32_MAX, &n) && (s->seq = from->isn + (uint32_t)n, true);
	}
	if (!strcmp(key, "ack")) {
		x->ack_given = true;
		return next_number(r, key, -INT64_C(4294967295), UINT32_MAX, &n) && (s->ack = to->isn + (uint32_t)n, true);
	}
	if (!strcmp(key, "len"))
		return next_number(r, key, 0, 65000, &n) && (s->payload_len = (uint32_t)n, true);
	if (!strcmp(key, "wnd"))
		return next_number(r, key, 0, 65535, &n) && (s->wnd = (uint16_t)n, true);
	if (!strcmp(key, "mss"))
		return next_number(r, key, 0, 65535, &n) && (s->mss = (uint16_t)n, s->options |= OPTION_MSS, true);
	if (!strcmp(key, "wscale"))
		return next_number(r, key, 0, 255, &n) &&
			(s->window_scale = (uint8_t)n, s->options |= OPTION_WINDOW_SCALE, true);
	if (!strcmp(key, "ttl"))
		return next_number(r, key, 0, 255, &n) && (s->ttl = (uint8_t)n, true);
	if (!strcmp(key, "id"))
		return next_number(r, key, 0, 65535, &n) && (s->ip_id = (uint16_t)n, true);
	if (!strcmp(key, "frag")) {
		if (!next_number(r, key, 8, 65000, &x->fragment))
			return false;
		return x->fragment % 8 ? wrong(r, "frag: a multiple of 8 is wanted") : true;
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
	else if (!strcmp(key, "unseen"))
		x->unseen = true;
	else if (strcmp(key, "lost")) /* a note to the reader: it passed the tap and never arrived */
		return wrong(r, "%s: no such key", key);
	return true;
}

static void fill_lengths(struct segment *s)
{
	s->len = s->payload_len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN);
	s->ip_bytes = wrap_ip_header(s) + wrap_tcp_header(s) + s->payload_len;
}

static bool read_segment(struct reader *r, int64_t time_ns)
{
	enum side side;
	char key[WORD];
	struct extras x = {0};
	struct scenario_step step = {.connection = r->section};
	struct segment *s = &step.segment;

	if (!next_side(r, "a segment", &side) || !read_flags(r, &s->ctl))
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
	while (next_word(r, key))
		if (!read_key(r, key, s, &x, from, to))
			return false;
	if (!x.seq_given)
		s->seq = from->isn + from->next;
	if (!x.ack_given && s->ctl & CTL_ACK)
		s->ack = to->isn + to->next;
	if (!(s->ctl & CTL_ACK))
		s->ack = 0;
	fill_lengths(s);
	uint32_t end = s->seq - from->isn + s->len;
	if ((int32_t)(end - from->next) > 0 && !(s->ctl & CTL_RST))
		from->next = end;
	step.fragment = (uint32_t)x.fragment;
	r->section_used = true;
	if (!x.unseen)
		scenario_add(r->scenario, &step);
	return true;
}

/* --- expectations ----------------------------------------------------------------------------------------------- */

static void add_expect(struct reader *r, enum expect_kind kind, enum side side, const char *column, const char *wanted)
{
	struct scenario *s = r->scenario;

	s->expects = mem_grow(s->expects, (s->expect_count + 1) * sizeof *s->expects);
	s->expects[s->expect_count++] = (struct scenario_expect){.kind = kind, .line = r->line,
		.connection = r->section, .side = side, .column = mem_copy(column), .wanted = mem_copy(wanted)};
}

/* NAME, NAME?, NAME*, or - where nothing was ever seen. */
static bool is_state(const char *word)
{
	char name[WORD];
	size_t length = strlen(word);

	snprintf(name, sizeof name, "%s", word);
	if (length && (word[length - 1] == '?' || word[length - 1] == '*'))
		name[length - 1] = '\0';
	return !strcmp(word, "-") || state_from_word(name) != TCP_UNKNOWN;
}

/* I STATE, R STATE */
static bool read_states(struct reader *r, enum side side)
{
	char word[WORD];

	do {
		if (!next_word(r, word))
			return wrong(r, "a state is wanted");
		size_t length = strlen(word);
		bool more = word[length - 1] == ',';
		if (more)
			word[length - 1] = '\0';
		if (!is_state(word))
			return wrong(r, "%s is no state", word);
		add_expect(r, EXPECT_STATE, side, "", word);
		if (!more)
			return next_word(r, word) ? wrong(r, "%s: a comma is missing before it", word) : true;
	} while (next_side(r, "expect", &side));
	return false;
}

static bool read_path(struct reader *r)
{
	char word[WORD], path[WORD * 12] = "";
	enum side side;

	if (!next_side(r, "expect path", &side))
		return false;
	while (next_word(r, word)) {
		if (!is_state(word) || strlen(path) + strlen(word) + 2 > sizeof path)
			return wrong(r, "%s is no state", word);
		snprintf(path + strlen(path), sizeof path - strlen(path), "%s%s", *path ? " " : "", word);
	}
	add_expect(r, EXPECT_PATH, side, "", path);
	return true;
}

static bool read_expect(struct reader *r)
{
	char word[WORD], value[WORD];
	enum side side;

	if (!next_word(r, word))
		return wrong(r, "expect what?");
	if (side_of(word, &side))
		return read_states(r, side);
	if (!strcmp(word, "path"))
		return read_path(r);
	if (!next_word(r, value))
		return wrong(r, "expect %s: a value is wanted", word);
	add_expect(r, strcmp(word, "connections") ? EXPECT_COLUMN : EXPECT_CONNECTIONS, INITIATOR, word, value);
	return next_word(r, word) ? wrong(r, "%s: one value is enough", word) : true;
}

/* --- directives ----------------------------------------------------------------------------------------------------- */

static void set_family(struct reader *r, bool six)
{
	static const char *const text[2][SIDES] = {{"192.0.2.10", "198.51.100.20"}, {"2001:db8::10", "2001:db8:1::20"}};

	r->family6 = six;
	for (int side = 0; side < SIDES; side++)
		addr_parse(text[six][side], &r->party[side].ip);
}

/* A section begins as the file does, but keeps the ports and addresses of the one before. */
static void begin_section(struct reader *r)
{
	static const uint32_t isns[SIDES] = {2882400018, 1164413355};

	for (int side = 0; side < SIDES; side++) {
		r->party[side].isn = isns[side];
		r->party[side].next = 0;
	}
	r->section_used = false;
}

static bool read_conn(struct reader *r)
{
	char word[WORD];
	int64_t port;

	if (!next_word(r, word))
		return wrong(r, "conn needs a name");
	if (r->section_used)
		r->section++;
	begin_section(r);
	if (!next_word(r, word))
		return true;
	if (strcmp(word, "port") || !next_number(r, word, 0, 65535, &port))
		return wrong(r, "conn NAME port N");
	r->party[INITIATOR].port = (uint16_t)port;
	return true;
}

/* `vlan 10`, or `vlan I 10` for one direction. */
static bool read_vlan(struct reader *r)
{
	char word[WORD];
	enum side side;
	int64_t vlan;
	const char *start = r->at;
	bool one = next_word(r, word) && side_of(word, &side);

	if (!one)
		r->at = start;
	if (!next_number(r, "vlan", 0, 4094, &vlan))
		return false;
	for (int i = 0; i < SIDES; i++)
		if (!one || (enum side)i == side)
			r->party[i].vlan = (uint16_t)vlan;
	if (!strstr(r->scenario->link->layers, "vlan"))
		r->scenario->link = wrap_link_find("vlan");
	return true;
}

/* Directives of one side: isn, port, ttl, addr. */
static bool read_party(struct reader *r, const char *what)
{
	char word[WORD];
	enum side side;
	int64_t n;

	if (!next_side(r, what, &side))
		return false;
	struct party *p = &r->party[side];
	if (!strcmp(what, "addr")) {
		if (!next_word(r, word) || !addr_parse(word, &p->ip))
			return wrong(r, "addr needs an address");
		r->family6 = !addr_is_v4(&p->ip);
		return true;
	}
	if (!next_number(r, what, 0, UINT32_MAX, &n))
		return false;
	if (!strcmp(what, "isn"))
		p->isn = (uint32_t)n;
	else if (!strcmp(what, "port"))
		p->port = (uint16_t)n;
	else
		p->ttl = (uint8_t)n;
	return true;
}

static bool read_link(struct reader *r)
{
	char word[WORD];

	r->scenario->link = next_word(r, word) ? wrap_link_find(word) : NULL;
	if (!r->scenario->link)
		return wrong(r, "no such link");
	if (strstr(r->scenario->link->layers, "vlan") && r->party[INITIATOR].vlan == VLAN_NONE)
		r->party[INITIATOR].vlan = r->party[RESPONDER].vlan = 7;
	return true;
}

static bool read_directive(struct reader *r, const char *what)
{
	struct scenario *s = r->scenario;
	char word[WORD];
	int64_t n;

	if (!strcmp(what, "expect"))
		return read_expect(r);
	if (!strcmp(what, "conn"))
		return read_conn(r);
	if (!strcmp(what, "link"))
		return read_link(r);
	if (!strcmp(what, "vlan"))
		return read_vlan(r);
	if (!strcmp(what, "isn") || !strcmp(what, "port") || !strcmp(what, "ttl") || !strcmp(what, "addr"))
		return read_party(r, what);
	if (!strcmp(what, "family"))
		return next_number(r, what, 4, 6, &n) && (set_family(r, n == 6), true);
	if (!strcmp(what, "snap"))
		return next_number(r, what, 1, 65535, &n) && (s->snap_length = (uint32_t)n, true);
	if (!strcmp(what, "msl"))
		return next_word(r, word) && clock_parse_span(word, &s->msl_ns) ? true : wrong(r, "msl needs seconds");
	if (!strcmp(what, "until"))
		return next_word(r, word) && word[0] == '+' && clock_parse_span(word + 1, &s->until_after_ns)
			? true
			: wrong(r, "until needs +SECONDS");
	return wrong(r, "%s: no such directive", what);
}

/* --- the file ------------------------------------------------------------------------------------------------------- */

static bool read_line(struct reader *r)
{
	char word[WORD];
	int64_t time_ns;

	if (!next_word(r, word))
		return true;
	if (!isdigit((unsigned char)word[0]))
		return read_directive(r, word);
	if (!clock_parse_span(word, &time_ns))
		return wrong(r, "%s is no time", word);
	return read_segment(r, SCENARIO_START_NS + time_ns);
}

/* Sections are written one after the other; their segments pass in order of time. */
static void order_sections(struct scenario *s)
{
	for (size_t i = 1; i < s->step_count; i++) {
		struct scenario_step step = s->steps[i];
		size_t j = i;

		for (; j && s->steps[j - 1].connection != step.connection &&
			s->steps[j - 1].segment.time_ns > step.segment.time_ns;
			j--)
			s->steps[j] = s->steps[j - 1];
		s->steps[j] = step;
	}
	for (size_t i = 0; i < s->step_count; i++)
		s->steps[i].segment.packet = i + 1;
}

void scenario_init(struct scenario *s, const char *name)
{
	memset(s, 0, sizeof *s);
	s->name = mem_copy(name);
	s->link = &wrap_links[0];
	s->msl_ns = 30 * NS_PER_S;
}

bool scenario_parse(const char *name, const char *text, struct scenario *scenario, struct err *err)
{
	struct reader r = {.scenario = scenario, .err = err};

	scenario_init(scenario, name);
	set_family(&r, false);
	r.party[INITIATOR].port = 40000;
	r.party[RESPONDER].port = 80;
	for (int side = 0; side < SIDES; side++) {
		r.party[side].ttl = 64;
		r.party[side].vlan = VLAN_NONE;
		r.party[side].ip_id = (uint16_t)(1000 + 7000 * side);
	}
	begin_section(&r);
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = mem_new(length + 1, 1);

		memcpy(line, text, length);
		line[strcspn(line, "#")] = '\0';
		text += length + (text[length] == '\n');
		r.line++;
		r.at = line;
		bool good = read_line(&r);
		free(line);
		if (!good)
			return false;
	}
	scenario->connection_count = r.section + r.section_used;
	order_sections(scenario);
	return true;
}

static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = mem_copy(slash ? slash + 1 : path), *dot = strrchr(name, '.');

	if (dot)
		*dot = '\0';
	return name;
}

bool scenario_read(const char *path, struct scenario *scenario, struct err *err)
{
	enum { FILE_BYTES = 1 << 18 };
	FILE *file = fopen(path, "r");
	char *text, *name = name_of(path);
	bool good = false;

	memset(scenario, 0, sizeof *scenario);
	if (!file) {
		err_set(err, ERR_FAILED, "%s: %s", path, strerror(errno));
		free(name);
		return false;
	}
	text = mem_new(FILE_BYTES, 1);
	size_t length = fread(text, 1, FILE_BYTES - 1, file);
	if (ferror(file) || length == FILE_BYTES - 1)
		err_set(err, ERR_FAILED, "%s: cannot be read, or is too long", path);
	else
		good = scenario_parse(name, text, scenario, err);
	fclose(file);
	free(text);
	free(name);
	return good;
}

void scenario_add(struct scenario *s, const struct scenario_step *step)
{
	if (!(s->step_count & (s->step_count - 1)))
		s->steps = mem_grow(s->steps, (s->step_count ? 2 * s->step_count : 1) * sizeof *s->steps);
	s->steps[s->step_count] = *step;
	fill_lengths(&s->steps[s->step_count].segment);
	s->steps[s->step_count].segment.packet = s->step_count + 1;
	s->step_count++;
}

void scenario_fini(struct scenario *s)
{
	for (size_t i = 0; i < s->expect_count; i++) {
		free(s->expects[i].column);
		free(s->expects[i].wanted);
	}
	free(s->expects);
	free(s->steps);
	free(s->name);
	memset(s, 0, sizeof *s);
}
