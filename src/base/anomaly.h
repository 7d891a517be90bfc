/* anomaly: the catalogue: what can go wrong with a connection, in words, and the thresholds of who looks for it.
 *
 * Its rows are made from the comments above the detectors in src/detect (gen/catalogue.awk): one place gives the enum,
 * the words of `lastack explain`, the rows of table anomaly_kind and the manual page. */
#ifndef LASTACK_BASE_ANOMALY_H
#define LASTACK_BASE_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum anomaly {
#define ANOMALY(id, code, tier, severity, rule, side, severities, reference, title, seen, means, check) ANOMALY_##id,
#define EVIDENCE(id, key, doc)
#define LIMIT(name_id, name, id, kind, value, shown, doc)
#include "base/anomalies.def"
#undef ANOMALY
#undef EVIDENCE
#undef LIMIT
	ANOMALIES,
};

enum severity {
	SEVERITY_INFO,    /* legal */
	SEVERITY_NOTICE,  /* costs something */
	SEVERITY_WARNING, /* probably a fault */
	SEVERITY_ALERT,   /* an attack or an outage */
	SEVERITIES,
};

/* On what it rests, and so how sure it can be at best. */
enum anomaly_rule {
	RULE_FACT,    /* what was seen: sure */
	RULE_ABSENCE, /* what should have been seen and was not: likely */
	RULE_MODEL,   /* an inferred state: likely */
	RULE_SCORE,   /* independent signs, counted */
};

enum confidence {
	CONFIDENCE_UNSURE,
	CONFIDENCE_LIKELY,
	CONFIDENCE_SURE,
	CONFIDENCES,
};

struct anomaly_kind {
	const char *code; /* "missing-final-ack" */
	int tier;         /* 1 to 3 */
	enum severity severity;
	enum anomaly_rule rule;
	const char *side;       /* whom it is about, in words */
	const char *severities; /* in words, where there is more than one */
	const char *reference;  /* RFC sections; "" where there are none */
	const char *title;
	const char *seen, *means, *check; /* what was seen, what it means, what to look at next */
};

/* A key of the evidence of one kind, and what it says. */
struct anomaly_evidence {
	enum anomaly kind;
	const char *key, *doc;
};

extern const struct anomaly_kind anomaly_kinds[ANOMALIES]; /* in order of their codes */
extern const struct anomaly_evidence anomaly_evidence[];   /* in the same order; ends with key NULL */
extern const char *const severity_words[SEVERITIES];       /* "info", "notice", "warning", "alert" */
extern const char *const confidence_words[CONFIDENCES];    /* "unsure", "likely", "sure" */
extern const char *const rule_words[RULE_SCORE + 1];       /* "fact", "absence", "model", "score" */

/* Is it a key of its evidence? */
bool anomaly_has_key(enum anomaly kind, const char *key);

/* By code, any case; ANOMALIES when there is none. */
enum anomaly anomaly_from_code(const char *code);
enum severity severity_from_word(const char *word); /* SEVERITIES when there is none */

/* --- thresholds ----------------------------------------------------------------------------------- */

enum limit {
#define ANOMALY(id, code, tier, severity, rule, side, severities, reference, title, seen, means, check)
#define EVIDENCE(id, key, doc)
#define LIMIT(name_id, name, id, kind, value, shown, doc) LIMIT_##name_id,
#include "base/anomalies.def"
#undef ANOMALY
#undef EVIDENCE
#undef LIMIT
	LIMITS,
};

struct limit_kind {
	const char *name;
	enum anomaly kind; /* whose threshold it is */
	bool span;         /* a span of time, ns; else a plain number */
	int64_t value;     /* what it is unless it is set */
	const char *shown; /* that value as it is written: "60s", "3" */
	const char *doc;
};

extern const struct limit_kind limit_kinds[LIMITS];

/* One value for each. */
struct limits {
	int64_t value[LIMITS];
};

void limits_init(struct limits *limits);

/* "NAME=VALUE", as --set takes it.  False with *err (ERR_USAGE). */
bool limits_set(struct limits *limits, const char *text, struct err *err);

#endif
