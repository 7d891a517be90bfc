/* talkers: see talkers.h. */
#include "detect/talkers.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void talkers_init(struct talkers *t, size_t size, uint32_t budget)
{
	uint32_t buckets = 1;

	while (buckets < 2 * budget)
		buckets *= 2;
	*t = (struct talkers){.mask = buckets - 1, .hash_key = hash_key_random()};
	t->bucket = mem_new(buckets, sizeof(struct talker *));
	pool_init(&t->pool, size, budget);
	list_init(&t->age[false]);
	list_init(&t->age[true]);
	list_init(&t->dirty);
}

void talkers_fini(struct talkers *t)
{
	free(t->bucket);
	pool_fini(&t->pool);
	*t = (struct talkers){0};
}

static uint32_t hash_of(const struct talkers *t, const struct talker_key *key)
{
	uint64_t words[5] = {0};

	memcpy(words, key, sizeof *key);
	return (uint32_t)hash_words(&t->hash_key, words, 5);
}

static bool same_key(const struct talker *talker, const struct talker_key *key)
{
	return !memcmp(&talker->key, key, sizeof *key);
}

static struct talker *find(struct talkers *t, uint32_t hash, const struct talker_key *key)
{
	for (struct talker *talker = t->bucket[hash & t->mask]; talker; talker = talker->chain)
		if (talker->hash == hash && same_key(talker, key))
			return t->recent = talker;
	return NULL;
}

void *talkers_find(struct talkers *t, const struct talker_key *key)
{
	if (t->recent && same_key(t->recent, key))
		return t->recent;
	return t->pool.taken ? find(t, hash_of(t, key), key) : NULL;
}

static void throw_out(struct talkers *t, struct talker *talker)
{
	struct talker **link = &t->bucket[talker->hash & t->mask];

	while (*link != talker)
		link = &(*link)->chain;
	*link = talker->chain;
	list_remove(&talker->age);
	if (talker->dirty.next)
		list_remove(&talker->dirty);
	t->evicted += talker->kept;
	t->recent = NULL;
	pool_give(&t->pool, talker);
}

static void make_room(struct talkers *t)
{
	for (int kept = 0; kept < 2; kept++)
		if (!list_empty(&t->age[kept])) {
			throw_out(t, LIST_ITEM(t->age[kept].next, struct talker, age));
			return;
		}
}

static void touch(struct talkers *t, struct talker *talker)
{
	if (talker->users || t->age[talker->kept].prev == &talker->age)
		return;
	list_remove(&talker->age);
	list_append(&t->age[talker->kept], &talker->age);
}

static struct talker *make(struct talkers *t, uint32_t hash, const struct talker_key *key)
{
	if (t->pool.taken == t->pool.budget)
		make_room(t);
	struct talker *talker = pool_take(&t->pool);
	if (!talker) {
		t->refused++;
		return NULL;
	}
	struct talker **place = &t->bucket[hash & t->mask];
	talker->key = *key;
	talker->hash = hash;
	talker->chain = *place;
	*place = t->recent = talker;
	list_append(&t->age[false], &talker->age);
	return talker;
}

void *talkers_take(struct talkers *t, const struct talker_key *key)
{
	struct talker *talker = t->recent && same_key(t->recent, key) ? t->recent : NULL;
	uint32_t hash = talker ? 0 : hash_of(t, key);

	if (!talker)
		talker = find(t, hash, key);
	if (!talker)
		return make(t, hash, key);
	touch(t, talker);
	return talker;
}

void talkers_keep(struct talkers *t, struct talker *talker)
{
	if (talker->kept)
		return;
	talker->kept = true;
	if (talker->users)
		return;
	list_remove(&talker->age);
	list_append(&t->age[true], &talker->age);
}

void talkers_hold(struct talker *talker)
{
	if (!talker->users++)
		list_remove(&talker->age);
}

void talkers_release(struct talkers *t, struct talker *talker)
{
	if (!--talker->users)
		list_append(&t->age[talker->kept], &talker->age);
}

void talkers_mark(struct talkers *t, struct talker *talker)
{
	if (!talker->dirty.next)
		list_append(&t->dirty, &talker->dirty);
}

void *talkers_next_dirty(struct talkers *t)
{
	if (list_empty(&t->dirty))
		return NULL;
	struct talker *talker = LIST_ITEM(t->dirty.next, struct talker, dirty);
	list_remove(&talker->dirty);
	talker->dirty = (struct list){NULL, NULL};
	return talker;
}
