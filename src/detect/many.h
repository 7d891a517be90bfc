/* many: what the detectors of many connections share.  For the files spread*.c and many.c alone. */
#ifndef LASTACK_DETECT_MANY_H
#define LASTACK_DETECT_MANY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/anomaly.h"
#include "base/list.h"
#include "base/pool.h"
#include "detect/look.h"
#include "detect/sketch.h"
#include "detect/spread.h"
#include "detect/talkers.h"
#include "track/flow.h"
#include "track/wheel.h"
#include "track/young.h"

/* --- rows (many.c) -------------------------------------------------------------------------------- */

enum { MANY_EVIDENCE_MOST = 16, MANY_ROWS_MOST = 4096, MANY_ROWS_BYTES = MANY_ROWS_MOST << 10 };

/* One entry of the evidence: a number (CLOCK_NONE: left out), a word, or an address (NULL: left out). */
struct many_evidence {
	const char *key;
	int64_t number;
	const char *word;
	const struct addr *ip;
};
#define MANY_NUMBER(key, number)                                                                                       \
	{                                                                                                              \
		key, (int64_t)(number), NULL, NULL                                                                     \
	}
#define MANY_WORD(key, word)                                                                                           \
	{                                                                                                              \
		key, 0, word, NULL                                                                                     \
	}
#define MANY_IP(key, ip)                                                                                               \
	{                                                                                                              \
		key, CLOCK_NONE, NULL, ip                                                                              \
	}
#define MANY_EVIDENCE(...) ((const struct many_evidence[]){__VA_ARGS__, {NULL, 0, NULL, NULL}})

struct many_finding {
	enum anomaly kind;
	const struct talker_key *key; /* of the culprit: one row for each of them */
	int side;                     /* its role; NEITHER */
	enum confidence confidence;
	uint64_t count;   /* of what it tells, in the whole episode */
	int64_t first_ns; /* when that began */
	const struct many_evidence *evidence;
};

/* A new row, or the open one of this kind and key brought up to date.  False: there is no room. */
void many_init(struct spread *s);
void many_fini(struct spread *s);
bool many_raise(struct spread *s, const struct many_finding *finding);

/* Is there an open row? */
bool many_is_open(const struct spread *s, enum anomaly kind, const struct talker_key *key);

/* Its episode is over at this time: what comes later begins another row. */
void many_close(struct spread *s, enum anomaly kind, const struct talker_key *key);

/* It was none. */
void many_withdraw(struct spread *s, enum anomaly kind, const struct talker_key *key);

/* --- how sure ------------------------------------------------------------------------------------- */

/* Does the capture lack packets, as far as is known? */
bool many_lossy(const struct spread *s);

/* So many independent signs; capture loss takes one away, a table that overflowed leaves nothing sure. */
enum confidence many_score(const struct spread *s, int signs, const struct talkers *table);

/* What is LIKELY, unless the capture lacks packets or the table overflowed. */
enum confidence many_likely(const struct spread *s, const struct talkers *table);

/* --- phases of a connection (struct watched) ------------------------------------------------------- */

enum watch_phase {
	WATCH_NONE,
	WATCH_OPENING,  /* its SYN has passed; the timer gives it 3 s */
	WATCH_OVERDUE,  /* those are over, and it is counted as failed */
	WATCH_CLOSING,  /* a side is in CLOSE-WAIT; the timer gives it a minute */
	WATCH_STUCK,    /* that is over, and it is counted as stuck */
	WATCH_TIMEWAIT, /* the initiator is in TIME-WAIT; the timer says until when */
};

enum watch_mark {
	MARK_ANSWERED = 1, /* a SYN+ACK has passed */
	MARK_REPEATED = 2, /* its SYN was sent again */
	MARK_DONE = 4,     /* the handshake was completed */
	MARK_CLOSED = 8,   /* its first FIN or RST was counted */
	MARK_REPLIED = 16, /* SYN+ACK sent again */
};

/* How an attempt to connect came out. */
enum attempt {
	ATTEMPT_DONE,
	ATTEMPT_REFUSED,
	ATTEMPT_ABORTED, /* the initiator answered the SYN+ACK with a RST */
	ATTEMPT_HALF,    /* SYN+ACK, and nothing after that */
	ATTEMPT_SILENT,  /* no answer at all */
	ATTEMPTS,
};

/* --- tables --------------------------------------------------------------------------------------- */

enum {
	SERVICES_MOST = 4096, /* 5 MB */
	PROBERS_MOST = 32768, /* 8 MB */
	SCANS_MOST = 8192,    /* 2 tables of 5 MB */
	PAIRS_MOST = 16384,   /* 4 MB */
	LEAKS_MOST = 4096,    /* 1 MB */
	IDLES_MOST = 1024,    /* 1 MB */
	SEEN_PAIRS = 16384,   /* 32 KB */
	OPEN_SLOTS = 10,      /* of a second each */
	SURGE_SLOTS = 24,
	LOOK_AGAIN_S = 3, /* a handshake that is not over by then has failed so far */
};

/* A responder's address and port. */
struct service {
	struct talker talker;
	int64_t second; /* of the newest slot */
	struct open_slot {
		int64_t first_ns;        /* earliest SYN of the attempts that failed in it */
		uint32_t came[ATTEMPTS]; /* attempts by how they came out */
		uint32_t direct;         /* completed, without a second SYN */
		uint32_t stubborn;       /* failed, though their SYN was sent again */
		uint32_t again;   /* SYN sent again that no SYN+ACK had answered, SYN+ACK after the third segment */
		uint32_t replied; /* connections whose SYN+ACK was sent again */
	} slot[OPEN_SLOTS];
	struct sketch sources, again_from; /* initiators of attempts that failed, of SYNs sent again; lately */
	int64_t sources_s, again_s;        /* since when, until when */
	bool flooded, overflowing;         /* there is a row */
	uint32_t flood_peak;
	int64_t flood_first_ns, flood_peak_ns, overflow_first_ns;
	uint64_t flood_total, overflow_total;
	uint32_t segments, resent; /* of its connections, when they begin to close */
	int64_t surge_slot;        /* number of the newest one */
	struct surge_slot {
		uint32_t closed, reset[SIDES];
	} surge[SURGE_SLOTS];
	struct sketch reset_peers; /* initiators, in the newest slot */
	int64_t surge_first_ns[SIDES];
};

/* An initiator, and a responder's address and port. */
struct pair {
	struct talker talker;
	uint32_t live, waiting; /* ports in use; of them in TIME-WAIT: those besides */
	uint32_t peak;
	int64_t peak_ns, begin_ns;
	uint16_t low_port, high_port;
	int64_t mark_s[3]; /* seconds, and how many ports were held then: newest first */
	uint32_t mark[3];
	int64_t second; /* of churn[0] */
	uint32_t churn[5];
	uint32_t lives, short_lives;
	bool churning; /* there is a row */
	uint64_t churned;
	int64_t churn_since_ns;
	uint32_t churn_peak;
	uint8_t ttl, other_ttl;
	uint32_t ttl_count, other_ttl_count, ttls;
};

struct spread {
	struct limits limits;
	int64_t now_ns, next_ns; /* CLOCK_NONE before the first */
	int64_t second;
	int64_t leak_ns; /* when leaks are looked at next */
	struct wheel wheel;
	struct talkers services, probers, vertical, horizontal, pairs, leaks, idles;
	uint16_t seen_pairs[SEEN_PAIRS]; /* marks of pairs that have talked (spread_ports.c); 0: none */
	uint64_t handshakes;             /* completed ones: the capture has more than SYNs */
	uint64_t replies;                /* SYN+ACKs and RSTs that answered a SYN */
	uint64_t closings, gappy;        /* connections that begin to close; of them with a gap */
	int64_t drop_ns;                 /* when packets were last lost; CLOCK_NONE */
	struct list rows;                /* oldest first */
	struct pool row_pool;
	uint64_t found[ANOMALIES], lost;
	enum anomaly unanswered; /* code of keepalive-unanswered; ANOMALIES: there is none */
	int64_t jump_ns;         /* a far time that waits for a second one; CLOCK_NONE */
	bool ended;              /* the input is over */
	bool probers_seen;       /* there was somebody who may be scanning */
	/* of the capture */
	uint64_t dropped, steps_back, longest_back_packet;
	int64_t dropped_first_ns, back_first_ns, longest_back_ns;
	uint64_t cut, cut_bytes; /* connections with cut packets whose content mattered */
};

static inline int64_t many_slot_ns(const struct spread *s, enum limit limit)
{
	return s->limits.value[limit] > NS_PER_S ? s->limits.value[limit] : NS_PER_S;
}

/* Who connects to whom. */
struct parties {
	struct addr ip[SIDES];
	uint16_t port[SIDES];
	uint16_t network;
	uint8_t ttl;    /* hop limit of the initiator's segments */
	int64_t syn_ns; /* first copy of its SYN */
};

struct parties many_parties(const struct flow *flow);

/* Their service, their pair. */
struct talker_key many_service_key(const struct parties *parties);
struct talker_key many_pair_key(const struct parties *parties);

/* How the close of a connection begins. */
struct closing {
	int64_t time_ns;
	bool reset;
	enum side by;
	uint64_t segments, resent; /* so far, of both sides */
};

/* --- who is told of what (spread.c calls) ---------------------------------------------------------- */

/* An attempt came out so; `late`: after it was counted as failed. */
void open_attempt(
	struct spread *s, const struct watched *watched, const struct parties *parties, enum attempt how, bool late);
void open_again(struct spread *s, const struct flow *flow); /* a SYN or SYN+ACK once more, as if a queue were full */
void open_loss(struct service *service, const struct closing *closing); /* what of its data was sent again */
void open_look(struct spread *s, struct service *service);              /* once a second, if anything came */

void scan_attempt(struct spread *s, const struct watched *watched, const struct parties *parties, enum attempt how);
void scan_look(struct spread *s);

bool ports_knows(struct spread *s, const struct talker_key *pair); /* have they talked before? */
void ports_know(struct spread *s, const struct talker_key *pair);  /* they have */
void ports_begin(struct spread *s, struct watched *watched, const struct parties *parties); /* completed */
bool ports_wait(struct spread *s, struct flow *flow); /* the initiator's TIME-WAIT begins */
/* the first FIN or RST */
void ports_close(const struct watched *watched, const struct parties *parties, int64_t now_ns);
void ports_end(struct spread *s, struct flow *flow); /* its port is free */
void ports_look(struct spread *s, struct pair *pair);

void leak_begin(struct spread *s, struct flow *flow); /* a minute of CLOSE-WAIT */
void leak_end(struct spread *s, struct flow *flow);
void leak_look(struct spread *s); /* once in each slot */

void capture_cut(struct spread *s, const struct flow *flow); /* a connection with packets that were cut is over */
void surge_close(struct spread *s, const struct parties *parties, const struct closing *closing);

void idle_cut(struct spread *s, const struct flow *flow);
void idle_survived(struct spread *s, const struct flow *flow);

/* Sizes, for the tables: */
extern const uint32_t scan_entry_bytes, prober_bytes, leak_bytes, idle_bytes;

#endif
