/* many: rows of several connections, and how sure they are.  See many.h. */
#include "detect/many.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"

enum { EPISODE_S = 300, LOSS_MEMORY_S = 120, LOSSY_PERCENT = 2 };

struct many_row {
	struct list order;
	struct talker_key key;
	enum anomaly kind;
	int64_t time_ns, first_ns, last_ns, withdrawn_ns;
	uint64_t count;
	uint8_t side, confidence;
	bool closed, given;
	uint8_t items;
	struct many_item {
		const char *key, *word;
		union {
			int64_t number;
			struct addr ip;
		};
		bool is_ip;
	} item[MANY_EVIDENCE_MOST];
};

static_assert(sizeof(struct many_row) <= 1024, "the rows fit in what MANY_ROWS_MOST says");

static struct many_row *row_of(const struct list *link)
{
	return LIST_ITEM(link, struct many_row, order);
}

/* What comes minutes later is another episode; times that go back have none. */
static bool is_open(const struct spread *s, const struct many_row *row)
{
	if (row->kind == ANOMALY_time_backwards)
		return true;
	return !row->closed && clock_since(s->now_ns, row->last_ns) <= EPISODE_S * NS_PER_S;
}

static struct many_row *find(const struct spread *s, enum anomaly kind, const struct talker_key *key)
{
	for (struct list *link = s->rows.prev; link != &s->rows; link = link->prev) {
		struct many_row *row = row_of(link);

		if (row->kind == kind && !memcmp(&row->key, key, sizeof *key) && is_open(s, row))
			return row;
	}
	return NULL;
}

bool many_is_open(const struct spread *s, enum anomaly kind, const struct talker_key *key)
{
	return find(s, kind, key) != NULL;
}

void many_close(struct spread *s, enum anomaly kind, const struct talker_key *key)
{
	struct many_row *row = find(s, kind, key);

	if (row)
		row->closed = true;
}

void many_withdraw(struct spread *s, enum anomaly kind, const struct talker_key *key)
{
	struct many_row *row = find(s, kind, key);

	if (!row)
		return;
	row->withdrawn_ns = s->now_ns;
	row->closed = true;
	s->found[kind]--;
}

static void take_evidence(struct many_row *row, const struct many_evidence *e)
{
	row->items = 0;
	for (; e->key; e++) {
		struct many_item *item = &row->item[row->items];

		assert(anomaly_has_key(row->kind, e->key));
		if (!e->word && !e->ip && e->number == CLOCK_NONE)
			continue;
		assert(row->items < MANY_EVIDENCE_MOST);
		*item = (struct many_item){.key = e->key, .word = e->word, .is_ip = e->ip != NULL};
		if (e->ip)
			item->ip = *e->ip;
		else
			item->number = e->number;
		row->items++;
	}
}

void many_init(struct spread *s)
{
	pool_init(&s->row_pool, sizeof(struct many_row), MANY_ROWS_MOST);
	list_init(&s->rows);
}

void many_fini(struct spread *s)
{
	pool_fini(&s->row_pool);
}

bool many_raise(struct spread *s, const struct many_finding *f)
{
	struct many_row *row = find(s, f->kind, f->key);

	if (!row) {
		row = pool_take(&s->row_pool);
		if (!row) {
			s->lost++;
			return false;
		}
		row->kind = f->kind;
		row->key = *f->key;
		row->side = (uint8_t)f->side;
		row->confidence = (uint8_t)f->confidence;
		row->time_ns = s->now_ns;
		row->first_ns = f->first_ns;
		row->withdrawn_ns = CLOCK_NONE;
		list_append(&s->rows, &row->order);
		s->found[f->kind]++;
	}
	if (f->first_ns < row->first_ns)
		row->first_ns = f->first_ns;
	if (f->confidence > row->confidence)
		row->confidence = (uint8_t)f->confidence;
	row->last_ns = s->now_ns;
	row->count = f->count;
	take_evidence(row, f->evidence);
	return true;
}

/* --- output --------------------------------------------------------------------------------------- */

static const char *write_evidence(struct strbuf *text, const struct many_row *row)
{
	char ip[ADDR_TEXT];

	strbuf_clear(text);
	strbuf_add_char(text, '{');
	for (int i = 0; i < row->items; i++) {
		const struct many_item *item = &row->item[i];

		if (i)
			strbuf_add_char(text, ',');
		json_add_string(text, item->key);
		strbuf_add_char(text, ':');
		if (item->word || item->is_ip)
			json_add_string(text, item->word ? item->word : addr_print(&item->ip, ip));
		else
			strbuf_add_int(text, item->number);
	}
	strbuf_add_char(text, '}');
	return text->text;
}

void spread_rows(struct spread *s, struct strbuf *text, detect_row *take, void *context)
{
	spread_settle(s);
	for (struct list *link = s->rows.next, *next; link != &s->rows; link = next) {
		struct many_row *row = row_of(link);
		struct anomaly_record record = {
			.connection_id = CLOCK_NONE,
			.capture_id = CLOCK_NONE,
			.time_ns = row->time_ns,
			.code = anomaly_kinds[row->kind].code,
			.side = row->side == NEITHER ? NULL : side_words[row->side],
			.severity = severity_words[anomaly_kinds[row->kind].severity],
			.confidence = confidence_words[row->confidence],
			.count = (int64_t)row->count,
			.first_ns = row->first_ns,
			.last_ns = row->last_ns,
			.withdrawn_ns = row->withdrawn_ns,
			.evidence = write_evidence(text, row),
			.packet = CLOCK_NONE,
			.again = row->given,
		};

		row->given = true;
		next = link->next;
		take(context, &record);
		if (is_open(s, row))
			continue;
		list_remove(link);
		pool_give(&s->row_pool, row);
	}
}

void spread_count(const struct spread *s, uint64_t found[ANOMALIES], uint64_t *lost)
{
	for (int i = 0; i < ANOMALIES; i++)
		found[i] += s->found[i];
	*lost += s->lost;
}

/* --- how sure ------------------------------------------------------------------------------------- */

bool many_lossy(const struct spread *s)
{
	bool dropped = s->drop_ns != CLOCK_NONE && clock_since(s->now_ns, s->drop_ns) <= LOSS_MEMORY_S * NS_PER_S;

	return dropped || s->gappy * 100 > s->closings * LOSSY_PERCENT;
}

enum confidence many_score(const struct spread *s, int signs, const struct talkers *table)
{
	signs -= many_lossy(s);
	if (talkers_overflowed(table))
		return CONFIDENCE_UNSURE;
	return signs >= 3 ? CONFIDENCE_SURE : signs == 2 ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE;
}

enum confidence many_likely(const struct spread *s, const struct talkers *table)
{
	return many_lossy(s) || talkers_overflowed(table) ? CONFIDENCE_UNSURE : CONFIDENCE_LIKELY;
}
