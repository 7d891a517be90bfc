/* anomaly: see anomaly.h. */
#include "base/anomaly.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/near.h"

#define EVIDENCE(id, key, doc)
#define LIMIT(name_id, name, id, kind, value, shown, doc)
#define ANOMALY(id, code, tier, severity, rule, side, severities, reference, title, seen, means, check)                \
	[ANOMALY_##id] = {                                                                                             \
		code, tier, SEVERITY_##severity, RULE_##rule, side, severities, reference, title, seen, means, check},
const struct anomaly_kind anomaly_kinds[ANOMALIES] = {
#include "base/anomalies.def"
};
#undef ANOMALY
#define ANOMALY(id, code, tier, severity, rule, side, severities, reference, title, seen, means, check)

#undef EVIDENCE
#define EVIDENCE(id, key, doc) {ANOMALY_##id, key, doc},
const struct anomaly_evidence anomaly_evidence[] = {
#include "base/anomalies.def"
	{ANOMALIES, NULL, NULL},
};
#undef EVIDENCE
#define EVIDENCE(id, key, doc)

#undef LIMIT
enum { SPAN_LIMIT = 1, NUMBER_LIMIT = 0 };
#define LIMIT(name_id, name, id, kind, value, shown, doc)                                                              \
	[LIMIT_##name_id] = {name, ANOMALY_##id, kind##_LIMIT, value, shown, doc},
const struct limit_kind limit_kinds[LIMITS] = {
#include "base/anomalies.def"
};
#undef ANOMALY
#undef EVIDENCE
#undef LIMIT

const char *const severity_words[SEVERITIES] = {"info", "notice", "warning", "alert"};
const char *const confidence_words[CONFIDENCES] = {"unsure", "likely", "sure"};
const char *const rule_words[] = {"fact", "absence", "model", "score"};

bool anomaly_has_key(enum anomaly kind, const char *key)
{
	size_t low = 0, high = sizeof anomaly_evidence / sizeof *anomaly_evidence - 1;

	while (low < high) { /* they stand in the order of their kinds */
		size_t middle = (low + high) / 2;

		if (anomaly_evidence[middle].kind < kind)
			low = middle + 1;
		else
			high = middle;
	}
	for (; anomaly_evidence[low].kind == kind; low++)
		if (!strcmp(anomaly_evidence[low].key, key))
			return true;
	return false;
}

enum anomaly anomaly_from_code(const char *code)
{
	for (int i = 0; i < ANOMALIES; i++)
		if (!strcasecmp(code, anomaly_kinds[i].code))
			return (enum anomaly)i;
	return ANOMALIES;
}

enum severity severity_from_word(const char *word)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (!strcasecmp(word, severity_words[i]))
			return (enum severity)i;
	return SEVERITIES;
}

/* --- thresholds ----------------------------------------------------------------------------------- */

void limits_init(struct limits *limits)
{
	for (int i = 0; i < LIMITS; i++)
		limits->value[i] = limit_kinds[i].value;
}

static bool unknown_limit(const char *name, struct err *err)
{
	struct near near = near_begin(name);

	for (int i = 0; i < LIMITS; i++)
		near_offer(&near, limit_kinds[i].name);
	if (near.word[0])
		return err_set(err, ERR_USAGE, "--set '%s': no such threshold (did you mean '%s'?)", name, near.word);
	return err_set(err, ERR_USAGE, "--set '%s': no such threshold (lastack explain lists them)", name);
}

bool limits_set(struct limits *limits, const char *text, struct err *err)
{
	size_t length = strcspn(text, "=");
	char name[64];

	if (!text[length] || length >= sizeof name)
		return err_set(err, ERR_USAGE, "--set '%s': not NAME=VALUE (close-wait=90s)", text);
	snprintf(name, sizeof name, "%.*s", (int)length, text);
	text += length + 1;
	for (int i = 0; i < LIMITS; i++) {
		char *end;
		int64_t value;

		if (strcmp(name, limit_kinds[i].name))
			continue;
		if (limit_kinds[i].span) {
			if (!clock_parse_span(text, &value))
				return err_set(err, ERR_USAGE, "--set %s: '%s' is not a span of time (90, 250ms, 2h)",
					name, text);
		} else {
			value = strtoll(text, &end, 10);
			if (*text < '0' || *text > '9' || *end)
				return err_set(err, ERR_USAGE, "--set %s: '%s' is not a whole number", name, text);
		}
		limits->value[i] = value;
		return true;
	}
	return unknown_limit(name, err);
}
