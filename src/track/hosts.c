/* hosts: see hosts.h. */
#include "track/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"

/* Twice the longest MSL that may be set (RFC 9293 3.4.2 has 2 minutes): what answers later answers for another reason.
 */
enum { TIME_WAIT_MOST_S = 7200 };

struct host {
	struct addr ip;
	struct host *next;         /* in its bucket */
	struct list heard;         /* in hosts.heard */
	int64_t at_least, at_most; /* length of TIME-WAIT, ns; 0: no bound */
};

struct hosts {
	struct hash_key key;
	struct pool pool;
	struct list heard; /* longest ago first */
	struct host **bucket;
	size_t buckets;
};

struct hosts *hosts_new(size_t capacity)
{
	struct hosts *hosts = mem_new(1, sizeof *hosts);

	hosts->key = hash_key_random();
	hosts->buckets = capacity;
	pool_init(&hosts->pool, sizeof(struct host), capacity);
	list_init(&hosts->heard);
	return hosts;
}

void hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	pool_fini(&hosts->pool);
	free(hosts->bucket);
	free(hosts);
}

static struct host **bucket_of(const struct hosts *hosts, const struct addr *ip)
{
	uint64_t words[2];

	memcpy(words, ip, sizeof words);
	return &hosts->bucket[hash_words(&hosts->key, words, 2) % hosts->buckets];
}

static struct host *find(const struct hosts *hosts, const struct addr *ip)
{
	if (!hosts->bucket)
		return NULL;
	struct host *host = *bucket_of(hosts, ip);
	while (host && addr_compare(&host->ip, ip))
		host = host->next;
	return host;
}

static void forget_oldest(struct hosts *hosts)
{
	struct host *host = LIST_ITEM(hosts->heard.next, struct host, heard), **at = bucket_of(hosts, &host->ip);

	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	list_remove(&host->heard);
	pool_give(&hosts->pool, host);
}

static struct host *find_or_add(struct hosts *hosts, const struct addr *ip)
{
	struct host *host = find(hosts, ip);

	if (host) {
		list_remove(&host->heard);
	} else {
		if (!hosts->bucket)
			hosts->bucket = mem_new(hosts->buckets, sizeof(struct host *));
		host = pool_take(&hosts->pool);
		if (!host && !list_empty(&hosts->heard)) {
			forget_oldest(hosts);
			host = pool_take(&hosts->pool);
		}
		if (!host)
			err_no_memory();
		struct host **at = bucket_of(hosts, ip);
		host->ip = *ip;
		host->next = *at;
		*at = host;
	}
	list_append(&hosts->heard, &host->heard);
	return host;
}

void hosts_time_wait_lasted(struct hosts *hosts, const struct addr *ip, int64_t ns)
{
	struct host *host = find_or_add(hosts, ip);

	if (ns > host->at_least && ns <= TIME_WAIT_MOST_S * NS_PER_S)
		host->at_least = ns;
	if (host->at_most && host->at_most < ns)
		host->at_most = 0;
}

void hosts_time_wait_over(struct hosts *hosts, const struct addr *ip, int64_t ns)
{
	struct host *host = find_or_add(hosts, ip);

	if (!host->at_most || ns < host->at_most)
		host->at_most = ns;
	if (host->at_least > ns)
		host->at_least = 0;
}

int64_t hosts_time_wait(const struct hosts *hosts, const struct addr *ip, int64_t usual_ns, bool *learned)
{
	const struct host *host = find(hosts, ip);

	*learned = host && (usual_ns < host->at_least || (host->at_most && usual_ns > host->at_most));
	if (!*learned)
		return usual_ns;
	return usual_ns < host->at_least ? host->at_least : host->at_most;
}
