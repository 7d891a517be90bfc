/* evidence: see evidence.h. */
#include "view/evidence.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "view/term.h"

/* How a value is read, by the ending of its key, which goes. */
enum reading { AS_IT_IS, AS_SPAN, AS_TIME, AS_PACKET, AS_PERCENT, AS_PERMILLE, AS_RATE, LEFT_OUT };

/* What says most comes first. */
enum place { FIRST_OF_ALL, IN_ORDER, AT_THE_END };

static const struct {
	const char *ending;
	enum reading reading;
} endings[] = {
	{"_us", AS_SPAN},
	{"_ns", AS_TIME},
	{"_packet", AS_PACKET},
	{"_percent", AS_PERCENT},
	{"_permille", AS_PERMILLE},
	{"per_hour", AS_RATE},
	{"_state", LEFT_OUT}, /* of both sides, and their bases */
	{"_basis", LEFT_OUT},
	{"initiator_ip", LEFT_OUT}, /* whom it is about */
	{"responder_ip", LEFT_OUT},
	{"responder_port", LEFT_OUT},
};

static enum reading reading_of(const char *key, size_t *length)
{
	*length = strlen(key);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t own = strlen(endings[i].ending);

		if (*length < own || strcmp(key + *length - own, endings[i].ending))
			continue;
		*length -= own;
		return endings[i].reading;
	}
	return AS_IT_IS;
}

/* One word of a key: what TCP writes in capitals has them. */
static void add_word(struct strbuf *text, const char *word, size_t length)
{
	static const char *const capitals[][2] = {{"fin", "FIN"}, {"fins", "FINs"}, {"syn", "SYN"}, {"syns", "SYNs"},
		{"ack", "ACK"}, {"acks", "ACKs"}, {"synack", "SYN+ACK"}, {"synacks", "SYN+ACKs"}, {"rst", "RST"},
		{"rsts", "RSTs"}, {"isn", "ISN"}, {"ttl", "TTL"}, {"rtt", "RTT"}, {"id", "ID"}, {"ip", "IP"},
		{"mss", "MSS"}};

	for (size_t i = 0; i < sizeof capitals / sizeof *capitals; i++)
		if (strlen(capitals[i][0]) == length && !strncmp(capitals[i][0], word, length)) {
			strbuf_add(text, capitals[i][1]);
			return;
		}
	strbuf_add_n(text, word, length);
}

/* A key as words: "other_seq" is "other seq". */
static void add_key(struct strbuf *text, const char *key, size_t length)
{
	while (length) {
		const char *end = memchr(key, '_', length);
		size_t word = end ? (size_t)(end - key) : length;

		add_word(text, key, word);
		key += word;
		length -= word;
		if (!length)
			return;
		strbuf_add_char(text, ' ');
		key++;
		length--;
	}
}

static void add_number(struct strbuf *text, enum reading reading, int64_t number)
{
	char shown[CLOCK_TEXT];

	switch (reading) {
	case AS_SPAN:
		strbuf_add(text, number < INT64_MAX / NS_PER_US ? clock_print_span(number * NS_PER_US, shown) : "ages");
		break;
	case AS_TIME:
		term_time(number, 3, shown);
		strbuf_add(text, "at ");
		strbuf_add(text, shown + (strchr(shown, ' ') ? strcspn(shown, " ") + 1 : 0));
		break;
	case AS_PACKET:
		strbuf_addf(text, "in packet %lld", (long long)number);
		break;
	case AS_PERCENT:
		strbuf_addf(text, "%lld %%", (long long)number);
		break;
	case AS_PERMILLE:
		strbuf_addf(text, "%.1f %%", (double)number / 10);
		break;
	case AS_RATE:
		strbuf_addf(text, "%+lld an hour", (long long)number);
		break;
	case AS_IT_IS:
	case LEFT_OUT:
		strbuf_add_int(text, number);
		break;
	}
}

/* What the detector makes of it comes first, sequence numbers last. */
static enum place place_of(const char *key)
{
	size_t length = strlen(key);

	if (!strcmp(key, "reading"))
		return FIRST_OF_ALL;
	return length >= 3 && !strcmp(key + length - 3, "seq") ? AT_THE_END : IN_ORDER;
}

/* Keys and words come from a database: whatever they are, they are printed safely. */
static void add_member(struct strbuf *text, const struct json_member *member)
{
	struct strbuf phrase = {0};
	size_t length;
	enum reading reading = reading_of(member->key.text, &length);

	if (reading == LEFT_OUT || (!member->is_number && !strcmp(member->text.text, "null")))
		return;
	if (place_of(member->key.text) != FIRST_OF_ALL)
		add_key(&phrase, member->key.text, length);
	if (phrase.length)
		strbuf_add_char(&phrase, ' ');
	if (member->is_number)
		add_number(&phrase, reading, member->number);
	else
		strbuf_add(&phrase, member->text.text);
	strbuf_add(text, text->length ? ", " : "");
	strbuf_add_safe(text, phrase.text);
	strbuf_fini(&phrase);
}

/* The culprit, as far as the evidence names it: "10.0.2.31 -> 10.0.4.17:443". */
static void add_whom(struct strbuf *text, const char *evidence)
{
	struct json_member member = {0};
	char initiator[64] = "", responder[64] = "", port[16] = "";

	while (json_next(&evidence, &member)) {
		if (!strcmp(member.key.text, "initiator_ip"))
			snprintf(initiator, sizeof initiator, "%s", member.text.text);
		else if (!strcmp(member.key.text, "responder_ip"))
			snprintf(responder, sizeof responder, "%s", member.text.text);
		else if (!strcmp(member.key.text, "responder_port"))
			snprintf(port, sizeof port, "%s", member.text.text);
	}
	json_member_fini(&member);
	strbuf_add_safe(text, initiator);
	if (*initiator && (*responder || *port))
		strbuf_addf(text, " %s ", term_arrow());
	bool brackets = *port && strchr(responder, ':');
	strbuf_add(text, brackets ? "[" : "");
	strbuf_add_safe(text, *responder || !*port ? responder : "*");
	strbuf_add(text, brackets ? "]" : "");
	strbuf_add(text, *port ? ":" : "");
	strbuf_add_safe(text, port);
}

static void add_members(struct strbuf *text, const char *evidence, enum place place)
{
	struct json_member member = {0};

	while (json_next(&evidence, &member))
		if (place_of(member.key.text) == place)
			add_member(text, &member);
	json_member_fini(&member);
}

void evidence_add(struct strbuf *out, const struct anomaly_record *row)
{
	struct strbuf text = {0};

	if (row->connection_id == CLOCK_NONE)
		add_whom(&text, row->evidence);
	add_members(&text, row->evidence, FIRST_OF_ALL);
	if (row->count > 1)
		strbuf_addf(&text, "%s%lld times", text.length ? ", " : "", (long long)row->count);
	if (row->packet != CLOCK_NONE)
		strbuf_addf(&text, "%spacket %lld",
			!text.length     ? ""
			: row->count > 1 ? " from "
					 : ", ",
			(long long)row->packet);
	add_members(&text, row->evidence, IN_ORDER);
	add_members(&text, row->evidence, AT_THE_END);
	strbuf_add(out, text.length ? text.text : "-");
	strbuf_fini(&text);
}
