/* record: plain data that crosses from tracking to the outside, and back from the database.
 *
 * A conn_record is one connection as a row.  Its fields come from columns.def; both sides' values stand in
 * arrays indexed by enum side, so that no code is written twice for initiator and responder.  Pointers in it
 * are borrowed from whoever filled it and live until the next one is filled. */
#ifndef LASTACK_RECORD_RECORD_H
#define LASTACK_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/anomaly.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/words.h"

typedef int64_t record_INT;
typedef int64_t record_FLAG;
typedef struct addr record_ADDR;
typedef const char *record_WORD;
typedef const char *record_TEXT;
typedef double record_REAL;

struct conn_record {
#define ONE(kind, name, unit, doc) record_##kind name;
#define BOTH(kind, name, unit, doc) record_##kind name[SIDES];
#define GEO(kind, name, unit, doc) record_##kind name[SIDES];
#include "record/columns.def"
#undef ONE
#undef BOTH
#undef GEO
};

enum record_kind { RECORD_INT, RECORD_FLAG, RECORD_ADDR, RECORD_WORD, RECORD_TEXT, RECORD_REAL };

struct record_column {
	const char *name;
	enum record_kind kind;
	bool geo;      /* not in table connection */
	size_t offset; /* in struct conn_record */
	const char *unit, *doc;
};

/* How many columns there are, geo ones included; those of table connection come first. */
enum {
#define ONE(kind, name, unit, doc) RECORD_COLUMN_##name,
#define BOTH(kind, name, unit, doc) RECORD_COLUMN_initiator_##name, RECORD_COLUMN_responder_##name,
#define GEO(kind, name, unit, doc)
#include "record/columns.def"
#undef GEO
	RECORD_STORED_COLUMNS,
	RECORD_BEFORE_GEO = RECORD_STORED_COLUMNS - 1,
#undef ONE
#undef BOTH
#define ONE(kind, name, unit, doc)
#define BOTH(kind, name, unit, doc)
#define GEO(kind, name, unit, doc) RECORD_COLUMN_initiator_##name, RECORD_COLUMN_responder_##name,
#include "record/columns.def"
#undef ONE
#undef BOTH
#undef GEO
	RECORD_COLUMNS,
};

extern const struct record_column record_columns[RECORD_COLUMNS];

/* Everything unknown: numbers CLOCK_NONE, pointers NULL, reals NAN, flags 0. */
void record_clear(struct conn_record *record);

/* What was found of the connection: so many anomalies, and the worst severity (SEVERITIES without any). */
void record_anomalies(struct conn_record *record, uint32_t count, enum severity worst);

/* A copy that borrows nothing; record_fini gives its texts back (and accepts the zero value). */
void record_copy(struct conn_record *to, const struct conn_record *from);
void record_fini(struct conn_record *copy);

/* Index of a column by name; -1 when there is none. */
int record_column_find(const char *name);

/* The value of a column.  INT and FLAG fill *number, REAL *real, the others *text (addresses are printed into
 * room[ADDR_TEXT]).  False when it is NULL. */
struct record_value {
	int64_t number;
	double real;
	const char *text;
	char room[ADDR_TEXT];
};
bool record_value(const struct conn_record *record, int column, struct record_value *value);

/* --- timeline: state changes of both sides in order of time -------------------------------------- */

/* One step: a move into a state, or the proof of a move that an earlier step only presumed (the side may have
 * moved on since). */
struct timeline_step {
	int64_t offset_us; /* from first_ns; may be negative (a move dated before the first segment) */
	enum side side;
	enum tcp_state state;
	enum basis basis; /* of a confirmation: BASIS_PROVED */
	bool confirm;     /* no move: it is now proved that the side had entered this state.  Code 'c' */
};

/* Appends one step to a timeline's text; timeline_begin and _end make the brackets. */
void timeline_begin(struct strbuf *text);
void timeline_add(struct strbuf *text, const struct timeline_step *step);
void timeline_end(struct strbuf *text);

/* Reads the next step.  *at starts at the text; false at its end, or where it is no timeline. */
bool timeline_next(const char **at, struct timeline_step *step);

/* All steps of a record, at most so many; returns how many.  A side without any that showed its state all the same gets
 * one: a RST that answers a SYN comes from no connection. */
int timeline_read(const struct conn_record *record, struct timeline_step *steps, int room);

/* --- revisions: states that were held for a while, and taken back ---------------------------------- */

struct revision {
	int64_t offset_us; /* from first_ns: when the side was held to have entered it */
	int64_t back_us;   /* when later evidence took that back */
	enum side side;
	enum tcp_state state;
};

/* As the functions for timelines; a text without any is begun and ended all the same. */
void revision_add(struct strbuf *text, const struct revision *revision);
bool revision_next(const char **at, struct revision *revision);

/* --- one input ----------------------------------------------------------------------------------- */

enum { CAPTURE_BUCKETS = 8 }; /* as enum decode_bucket */

/* A row of table capture. */
struct capture_record {
	int64_t id;            /* given by the store */
	const char *source;    /* file name as given, or interface */
	const char *kind;      /* "file", "interface" */
	const char *link_type; /* "EN10MB", several joined by a comma; NULL unknown */
	int64_t snap_length;   /* CLOCK_NONE unknown */
	const char *filter;    /* NULL: none */
	const char *stack;     /* the profile of timers: "linux", ... */
	int64_t msl_ms;
	const char *program_version;
	const char *host;
	int64_t fingerprint;       /* of a file's content; CLOCK_NONE for a pipe or an interface */
	int64_t first_ns, last_ns; /* packet times; CLOCK_NONE without packets */
	int64_t read_ns;           /* wall clock when it was read or started */
	int64_t packets, bytes;
	int64_t bucket_packets[CAPTURE_BUCKETS], bucket_bytes[CAPTURE_BUCKETS];
	int64_t dropped_kernel, dropped_interface; /* CLOCK_NONE unknown */
	int64_t time_back;                         /* packets with a time before the one before them */
	const char *end_reason;                    /* "end of file", "damaged", "count", "signal"; NULL while it runs */
	int64_t connections;                       /* stored from it */
};

#endif
