/* cmd_explain: lastack explain [WORD]: what lastack's words mean. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "cli/command.h"
#include "track/facts.h"
#include "view/term.h"

enum { PROSE_MOST = 100, PROSE_USUAL = 80, PART_LEAST = 3 };

/* What is printed, and how. */
struct page {
	struct strbuf text;
	unsigned width;
	bool color;
};

/* Words that need no table of their own elsewhere. */
static const struct {
	const char *word, *group, *meaning;
} others[] = {
	{"proved", "how a state is known", "a segment that this side sent shows it; no mark in tables"},
	{"presumed", "how a state is known",
		"a segment passed on its way to this side and most likely arrived; ? in tables; taken back when later "
		"segments show that it did not"},
	{"timer", "how a state is known", "time has passed: TIME-WAIT is over, or a repetition stopped; * in tables"},
	{"sure", "how sure an anomaly is", "no packet that the capture may have missed could make it wrong"},
	{"likely", "how sure an anomaly is",
		"something was not seen that should have been, or it rests on an inferred state"},
	{"unsure", "how sure an anomaly is", "likely, but the capture has gaps there, or little speaks for it"},
	{"info", "how severe an anomaly is", "legal; good to know"},
	{"notice", "how severe an anomaly is", "it costs something: time, or segments sent again"},
	{"warning", "how severe an anomaly is", "probably a fault"},
	{"alert", "how severe an anomaly is", "an attack or an outage"},
};
enum { OTHERS = sizeof others / sizeof *others };

/* --- building blocks ------------------------------------------------------------------------------ */

static void add_painted(struct page *p, enum term_paint paint, const char *text)
{
	strbuf_add(&p->text, p->color ? term_begin(paint, TCP_UNKNOWN, BASIS_PROVED) : "");
	strbuf_add(&p->text, text);
	strbuf_add(&p->text, p->color ? term_end : "");
}

/* A heading, or what begins one: an empty line goes before it unless it is the first. */
static void add_heading(struct page *p, const char *text)
{
	if (p->text.length)
		strbuf_add_char(&p->text, '\n');
	add_painted(p, PAINT_HEADER, text);
}

/* A word, and its meaning beside it: wrapped below itself. */
static void add_item(struct page *p, const char *word, unsigned indent, const char *meaning)
{
	unsigned used = 2 + term_columns(word);

	strbuf_addf(&p->text, "  %s", word);
	for (; used + 2 < indent; used++)
		strbuf_add_char(&p->text, ' ');
	strbuf_add(&p->text, "  ");
	term_add_wrapped(&p->text, meaning, used + 2, indent, p->width);
}

static void add_paragraph(struct page *p, const char *text)
{
	term_add_wrapped(&p->text, text, 0, 0, p->width);
}

/* --- an anomaly ------------------------------------------------------------------------------------- */

static const char *rule_meaning(enum anomaly_rule rule)
{
	static const char *const meanings[] = {
		[RULE_FACT] = "it rests on what was seen",
		[RULE_ABSENCE] = "likely at best: it rests on what was not seen",
		[RULE_MODEL] = "likely at best: it rests on an inferred state",
		[RULE_SCORE] = "it rests on several signs: the more of them agree, the surer",
	};

	return meanings[rule];
}

static void add_evidence(struct page *p, enum anomaly kind)
{
	unsigned indent = 0;

	for (const struct anomaly_evidence *e = anomaly_evidence; e->key; e++)
		if (e->kind == kind && strlen(e->key) + 4 > indent)
			indent = (unsigned)strlen(e->key) + 4;
	if (!indent)
		return;
	add_heading(p, "Evidence\n");
	for (const struct anomaly_evidence *e = anomaly_evidence; e->key; e++)
		if (e->kind == kind)
			add_item(p, e->key, indent, e->doc);
}

static void add_limit(struct page *p, enum limit which, unsigned indent, bool with_kind)
{
	const struct limit_kind *limit = &limit_kinds[which];
	char setting[100];
	struct strbuf meaning = {0};

	snprintf(setting, sizeof setting, "%s=%s", limit->name, limit->shown);
	if (with_kind)
		strbuf_addf(&meaning, "%s: ", anomaly_kinds[limit->kind].code);
	strbuf_add(&meaning, limit->doc);
	add_item(p, setting, indent, meaning.text);
	strbuf_fini(&meaning);
}

static void add_limits(struct page *p, enum anomaly kind)
{
	bool begun = false;

	for (int i = 0; i < LIMITS; i++) {
		if (limit_kinds[i].kind != kind)
			continue;
		if (!begun)
			add_heading(p, "Thresholds (lastack read --set NAME=VALUE)\n");
		begun = true;
		add_limit(p, (enum limit)i, 30, false);
	}
}

/* The words of the catalogue, the first of them in its colour. */
static void add_severity(struct page *p, const struct anomaly_kind *kind)
{
	const char *rest = kind->severities + strcspn(kind->severities, " ,;");
	struct strbuf words = {0};

	strbuf_add(&words,
		p->color ? term_begin(term_severity_paint(severity_words[kind->severity]), TCP_UNKNOWN, BASIS_PROVED)
			 : "");
	strbuf_add(&words, severity_words[kind->severity]);
	strbuf_addf(&words, "%s%s", p->color ? term_end : "", rest);
	add_item(p, "severity", 12, words.text);
	strbuf_fini(&words);
}

static void explain_anomaly(struct page *p, enum anomaly which)
{
	const struct anomaly_kind *kind = &anomaly_kinds[which];

	add_heading(p, kind->code);
	strbuf_add(&p->text, ": ");
	term_add_wrapped(&p->text, kind->title, (unsigned)strlen(kind->code) + 2, 0, p->width);
	strbuf_add_char(&p->text, '\n');
	add_item(p, "seen", 12, kind->seen);
	add_item(p, "means", 12, kind->means);
	add_item(p, "next", 12, kind->check);
	add_severity(p, kind);
	if (strcmp(kind->side, "-") && strcmp(kind->side, "neither"))
		add_item(p, "side", 12, kind->side);
	add_item(p, "sure", 12, rule_meaning(kind->rule));
	if (*kind->reference)
		add_item(p, "see", 12, kind->reference);
	add_evidence(p, which);
	add_limits(p, which);
}

/* --- a state ---------------------------------------------------------------------------------------- */

/* What a side learns or does, as the causes of a move: one fact, or two that one segment brings. */
static const struct {
	uint8_t facts;
	const char *words;
} causes[] = {
	{FACT_SENT_SYN, "it sends a SYN"},
	{FACT_GOT_SYN, "a SYN comes"},
	{FACT_SYN_ACKED, "the ACK of its SYN comes"},
	{FACT_GOT_SYN | FACT_SYN_ACKED, "SYN+ACK comes"},
	{FACT_CLOSED, "its program closes: it sends a FIN"},
	{FACT_FIN_ACKED, "the ACK of its FIN comes"},
	{FACT_GOT_FIN, "a FIN comes"},
	{FACT_FIN_ACKED | FACT_GOT_FIN, "a FIN comes, with the ACK of its own"},
	{FACT_GONE, "a RST, sent or received, or a repetition given up"},
};
enum { CAUSES = sizeof causes / sizeof *causes };

/* The states that a state comes from, or goes to, by each cause: a bit 1 << enum tcp_state each. */
struct moves {
	uint16_t from[CAUSES], to[CAUSES];
};

/* Notes the move from a set of facts, if there is one.  Who listens answers a SYN at once with its own. */
static void note_move(struct moves *moves, enum tcp_state state, uint8_t set, enum close_order order, int cause)
{
	uint8_t brings = causes[cause].facts, next = set | brings;
	bool listens = !set && brings == FACT_GOT_SYN;
	enum close_order then = brings & FACT_GOT_FIN                         ? ORDER_CLOSED_FIRST
				: brings == FACT_CLOSED && set & FACT_GOT_FIN ? ORDER_FIN_FIRST
									      : order;

	if (listens)
		next |= FACT_SENT_SYN;
	if (set & brings || facts_closure(set) != set || facts_closure(next) != next)
		return;
	enum tcp_state from = listens ? TCP_LISTEN : facts_state(set, order), to = facts_state(next, then);
	if (from == to)
		return;
	if (to == state)
		moves->from[cause] |= (uint16_t)(1u << from);
	if (from == state)
		moves->to[cause] |= (uint16_t)(1u << to);
}

/* All moves of the grid that a life from its beginning can make. */
static void note_moves(struct moves *moves, enum tcp_state state)
{
	for (unsigned set = 0; set < FACT_GONE; set++)
		for (int cause = 0; cause < CAUSES; cause++) {
			note_move(moves, state, (uint8_t)set, ORDER_CLOSED_FIRST, cause);
			note_move(moves, state, (uint8_t)set, ORDER_FIN_FIRST, cause);
		}
}

static void add_moves(struct page *p, const char *heading, const uint16_t others_of[CAUSES], enum tcp_state gone)
{
	bool begun = false;

	for (int other = 0; other < TCP_STATES; other++)
		for (int cause = 0; cause < CAUSES; cause++) {
			bool waits = gone == TCP_TIME_WAIT || other == TCP_TIME_WAIT;

			if (!(others_of[cause] >> other & 1))
				continue;
			if (!begun)
				add_heading(p, heading);
			begun = true;
			add_item(p, state_words[other].name, 18,
				causes[cause].facts == FACT_GONE && waits ? "2MSL are over, or a RST comes"
									  : causes[cause].words);
		}
}

/* Anomalies whose words name it. */
static void add_related(struct page *p, const char *name)
{
	bool begun = false;

	for (int i = 0; i < ANOMALIES; i++) {
		const struct anomaly_kind *kind = &anomaly_kinds[i];

		if (!strstr(kind->seen, name) && !strstr(kind->title, name) && !strstr(kind->means, name))
			continue;
		if (!begun)
			add_heading(p, "Anomalies that name it\n");
		begun = true;
		add_item(p, kind->code, 30, kind->title);
	}
}

static void explain_state(struct page *p, enum tcp_state state)
{
	const struct state_words *words = &state_words[state];
	struct moves moves = {0};

	note_moves(&moves, state);
	add_heading(p, words->name);
	strbuf_addf(&p->text, ": a state; %s in narrow tables, %s in timelines\n", words->short_name, words->code);
	add_paragraph(p, words->meaning);
	if (state == TCP_LISTEN)
		add_paragraph(p, "It leaves no trace on the wire: a SYN that is answered shows that it was there.");
	add_moves(p, "Comes from\n", moves.from, TCP_STATES);
	add_moves(p, "Goes to\n", moves.to, state);
	add_related(p, words->name);
	strbuf_addf(&p->text, "\nlastack list --state %s   how states are known: man lastack-states\n", words->name);
}

static void explain_outcome(struct page *p, enum outcome outcome)
{
	add_heading(p, outcome_words[outcome].word);
	strbuf_add(&p->text, ": an outcome\n");
	add_paragraph(p, outcome_words[outcome].meaning);
	strbuf_addf(&p->text, "\nEach connection has the first outcome that holds; this is number %d of %d:\n",
		(int)outcome + 1, OUTCOMES);
	for (int i = 0; i < OUTCOMES; i++)
		add_item(p, outcome_words[i].word, 24, outcome_words[i].meaning);
	strbuf_addf(&p->text, "\nlastack list --outcome %s\n", outcome_words[outcome].word);
}

static void explain_limit(struct page *p, enum limit which)
{
	const struct limit_kind *limit = &limit_kinds[which];

	add_heading(p, limit->name);
	strbuf_addf(
		&p->text, ": a threshold of %s; %s unless it is set\n", anomaly_kinds[limit->kind].code, limit->shown);
	add_paragraph(p, limit->doc);
	strbuf_addf(&p->text, "\nlastack read --set %s=%s ...   lastack explain %s\n", limit->name, limit->shown,
		anomaly_kinds[limit->kind].code);
}

/* --- all of them ------------------------------------------------------------------------------------ */

static void list_anomalies(struct page *p)
{
	char heading[60];

	for (int severity = SEVERITIES - 1; severity >= 0; severity--) {
		bool begun = false;

		for (int i = 0; i < ANOMALIES; i++) {
			if ((int)anomaly_kinds[i].severity != severity)
				continue;
			snprintf(heading, sizeof heading, "Anomalies: %s\n", severity_words[severity]);
			if (!begun)
				add_heading(p, heading);
			begun = true;
			add_item(p, anomaly_kinds[i].code, 30, anomaly_kinds[i].title);
		}
	}
}

static void list_all(struct page *p)
{
	list_anomalies(p);
	add_heading(p, "States\n");
	for (int i = 0; i < TCP_STATES; i++)
		add_item(p, state_words[i].name, 24, state_words[i].meaning);
	add_heading(p, "Outcomes\n");
	for (int i = 0; i < OUTCOMES; i++)
		add_item(p, outcome_words[i].word, 24, outcome_words[i].meaning);
	for (int i = 0; i < OTHERS; i++) {
		char heading[60];

		snprintf(heading, sizeof heading, "%c%s\n", others[i].group[0] - 'a' + 'A', others[i].group + 1);
		if (!i || strcmp(others[i].group, others[i - 1].group))
			add_heading(p, heading);
		add_item(p, others[i].word, 24, others[i].meaning);
	}
	add_heading(p, "Thresholds (lastack read --set NAME=VALUE)\n");
	for (int i = 0; i < LIMITS; i++)
		add_limit(p, (enum limit)i, 34, true);
	strbuf_add(&p->text, "\nMore of each: lastack explain WORD\n");
}

/* --- one word --------------------------------------------------------------------------------------- */

/* A word may be several things: CLOSE-WAIT is a state and a threshold. */
static void explain(struct page *p, const char *word)
{
	enum anomaly kind = anomaly_from_code(word);
	enum tcp_state state = strlen(word) > 2 ? state_from_word(word) : TCP_UNKNOWN;
	enum outcome outcome = outcome_from_word(word);

	if (kind != ANOMALIES)
		explain_anomaly(p, kind);
	if (state != TCP_UNKNOWN)
		explain_state(p, state);
	if (outcome != OUTCOMES)
		explain_outcome(p, outcome);
	for (int i = 0; i < LIMITS; i++)
		if (!strcasecmp(word, limit_kinds[i].name) && limit_kinds[i].kind != kind)
			explain_limit(p, (enum limit)i);
	for (int i = 0; i < OTHERS; i++)
		if (!strcasecmp(word, others[i].word)) {
			add_heading(p, others[i].word);
			strbuf_addf(&p->text, ": %s\n", others[i].group);
			add_paragraph(p, others[i].meaning);
		}
}

/* A line for each word that has this one as a part. */
static void add_parts(struct page *p, const char *part)
{
	for (int i = 0; i < ANOMALIES; i++)
		if (strcasestr(anomaly_kinds[i].code, part))
			add_item(p, anomaly_kinds[i].code, 30, anomaly_kinds[i].title);
	for (int i = 0; i < TCP_STATES; i++)
		if (strcasestr(state_words[i].name, part))
			add_item(p, state_words[i].name, 30, state_words[i].meaning);
	for (int i = 0; i < OUTCOMES; i++)
		if (strcasestr(outcome_words[i].word, part))
			add_item(p, outcome_words[i].word, 30, outcome_words[i].meaning);
	for (int i = 0; i < LIMITS; i++)
		if (strcasestr(limit_kinds[i].name, part))
			add_limit(p, (enum limit)i, 30, true);
}

static enum err_code unknown_word(const char *word, struct err *err)
{
	struct near near = near_begin(word);

	for (int i = 0; i < ANOMALIES; i++)
		near_offer(&near, anomaly_kinds[i].code);
	for (int i = 0; i < TCP_STATES; i++)
		near_offer(&near, state_words[i].name);
	for (int i = 0; i < OUTCOMES; i++)
		near_offer(&near, outcome_words[i].word);
	for (int i = 0; i < LIMITS; i++)
		near_offer(&near, limit_kinds[i].name);
	for (int i = 0; i < OTHERS; i++)
		near_offer(&near, others[i].word);
	if (near.word[0])
		err_set(err, ERR_USAGE, "explain '%s': no such word (did you mean '%s'?)", word, near.word);
	else
		err_set(err, ERR_USAGE, "explain '%s': no such word (lastack explain lists them)", word);
	return ERR_USAGE;
}

enum err_code cmd_explain(const struct options *o, struct err *err)
{
	unsigned width = term_width(stdout);
	enum term_color color;

	if (!options_color(o, &color, err))
		return err->code;
	struct page page = {
		.width = !width               ? PROSE_USUAL
			 : width > PROSE_MOST ? PROSE_MOST
					      : width,
		.color = term_use_color(stdout, color),
	};
	if (!o->operand_count)
		list_all(&page);
	for (unsigned i = 0; i < o->operand_count; i++) {
		size_t before = page.text.length;

		explain(&page, o->operands[i]);
		if (page.text.length == before && strlen(o->operands[i]) >= PART_LEAST)
			add_parts(&page, o->operands[i]);
		if (page.text.length == before) {
			strbuf_fini(&page.text);
			return unknown_word(o->operands[i], err);
		}
	}
	strbuf_flush(&page.text, stdout);
	strbuf_fini(&page.text);
	return ERR_NONE;
}
