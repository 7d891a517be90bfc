/* scenario: directives and the file as a whole.  See scenario.h and tests/scenario/README.md. */
#include "tests/lib/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/scenario_reader.h"

/* --- directives ---------------------------------------------------------------------------------- */

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

	if (!reader_word(r, word))
		return reader_wrong(r, "conn needs a name");
	if (r->section_used)
		r->section++;
	begin_section(r);
	if (!reader_word(r, word))
		return true;
	if (strcmp(word, "port") || !reader_number(r, word, 0, 65535, &port))
		return reader_wrong(r, "conn NAME port N");
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
	bool one = reader_word(r, word) && reader_side_of(word, &side);

	if (!one)
		r->at = start;
	if (!reader_number(r, "vlan", 0, 4094, &vlan))
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

	if (!reader_side(r, what, &side))
		return false;
	struct party *p = &r->party[side];
	if (!strcmp(what, "addr")) {
		if (!reader_word(r, word) || !addr_parse(word, &p->ip))
			return reader_wrong(r, "addr needs an address");
		r->family6 = !addr_is_v4(&p->ip);
		return true;
	}
	if (!reader_number(r, what, 0, UINT32_MAX, &n))
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

	r->scenario->link = reader_word(r, word) ? wrap_link_find(word) : NULL;
	if (!r->scenario->link)
		return reader_wrong(r, "no such link");
	if (strstr(r->scenario->link->layers, "vlan") && r->party[INITIATOR].vlan == VLAN_NONE)
		r->party[INITIATOR].vlan = r->party[RESPONDER].vlan = 7;
	return true;
}

static bool read_limit(struct reader *r)
{
	char word[WORD];
	struct err err = {0};

	if (!reader_word(r, word))
		return reader_wrong(r, "set needs NAME=VALUE");
	if (!limits_set(&r->scenario->limits, word, &err))
		return reader_wrong(r, "%s", err.text);
	for (int i = 0; i < SCENARIO_SETS; i++)
		if (!r->scenario->sets[i]) {
			r->scenario->sets[i] = mem_copy(word);
			return true;
		}
	return reader_wrong(r, "set: at most %d times", SCENARIO_SETS);
}

static bool read_directive(struct reader *r, const char *what)
{
	struct scenario *s = r->scenario;
	char word[WORD];
	int64_t n, span;

	if (!strcmp(what, "expect"))
		return reader_expect(r);
	if (!strcmp(what, "conn"))
		return read_conn(r);
	if (!strcmp(what, "link"))
		return read_link(r);
	if (!strcmp(what, "vlan"))
		return read_vlan(r);
	if (!strcmp(what, "isn") || !strcmp(what, "port") || !strcmp(what, "ttl") || !strcmp(what, "addr"))
		return read_party(r, what);
	if (!strcmp(what, "family"))
		return reader_number(r, what, 4, 6, &n) && (set_family(r, n == 6), true);
	if (!strcmp(what, "snap"))
		return reader_number(r, what, 1, 65535, &n) && (s->snap_length = (uint32_t)n, true);
	if (!strcmp(what, "stack"))
		return reader_word(r, word) && stack_find(word)
			       ? (s->stack = *stack_find(word), true)
			       : reader_wrong(r, "stack needs linux, windows, bsd or rfc");
	if (!strcmp(what, "msl"))
		return reader_word(r, word) && clock_parse_span(word, &span)
			       ? (s->stack = stack_with_msl(&s->stack, span), true)
			       : reader_wrong(r, "msl needs seconds");
	if (!strcmp(what, "set"))
		return read_limit(r);
	if (!strcmp(what, "until"))
		return reader_word(r, word) && word[0] == '+' && clock_parse_span(word + 1, &s->until_after_ns)
			       ? true
			       : reader_wrong(r, "until needs +SECONDS");
	return reader_wrong(r, "%s: no such directive", what);
}

/* --- the file ------------------------------------------------------------------------------------ */

static bool read_line(struct reader *r)
{
	char word[WORD];
	int64_t time_ns;

	if (!reader_word(r, word))
		return true;
	if (!isdigit((unsigned char)word[0]))
		return read_directive(r, word);
	if (!clock_parse_span(word, &time_ns))
		return reader_wrong(r, "%s is no time", word);
	return reader_segment(r, SCENARIO_START_NS + time_ns);
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
	s->stack = stacks[STACK_LINUX];
	limits_init(&s->limits);
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

void scenario_fill_lengths(struct segment *s)
{
	s->len = s->payload_len + !!(s->ctl & CTL_SYN) + !!(s->ctl & CTL_FIN);
	s->ip_bytes = wrap_ip_header(s) + wrap_tcp_header(s) + s->payload_len;
}

void scenario_add(struct scenario *s, const struct scenario_step *step)
{
	if (!(s->step_count & (s->step_count - 1)))
		s->steps = mem_grow(s->steps, (s->step_count ? 2 * s->step_count : 1) * sizeof *s->steps);
	s->steps[s->step_count] = *step;
	scenario_fill_lengths(&s->steps[s->step_count].segment);
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
	for (int i = 0; i < SCENARIO_SETS; i++)
		free(s->sets[i]);
	free(s->steps);
	free(s->name);
	memset(s, 0, sizeof *s);
}
