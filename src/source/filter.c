/* filter: see filter.h. */
#include "source/filter.h"

#include <ctype.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "source/link.h"
#include "source/source.h"

enum { SNAP_LENGTH = 262144 }; /* what a match returns at most; libpcap's own greatest */

struct filter {
	char *expression;
	struct compiled {
		int link_type;
		struct bpf_program program;
	} * compiled;
	size_t count, last; /* last: the one used last */
};

struct filter *filter_new(const char *expression)
{
	struct filter *filter = mem_new(1, sizeof *filter);

	filter->expression = mem_copy(expression);
	return filter;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->count; i++)
		pcap_freecode(&filter->compiled[i].program);
	free(filter->compiled);
	free(filter->expression);
	free(filter);
}

/* -- saying what is wrong -- */

/* The words of the language, for "did you mean".  A name may follow the first group. */
static const char *const takes_name[] = {"host", "src", "dst", "net", "port", "portrange", "gateway", "proto",
	"protochain", "mask", "ra", "ta", "addr1", "addr2", "addr3", "addr4", "type", "subtype", "dir", "direction"};
static const char *const keywords[] = {"and", "or", "not", "ether", "fddi", "tr", "wlan", "ip", "ip6", "arp", "rarp",
	"decnet", "tcp", "udp", "icmp", "icmp6", "sctp", "igmp", "igrp", "pim", "vrrp", "carp", "ah", "esp",
	"broadcast", "multicast", "less", "greater", "len", "byte", "inbound", "outbound", "ifindex", "vlan", "mpls",
	"pppoed", "pppoes", "geneve", "llc", "iso", "clnp", "esis", "isis", "atalk", "aarp", "ipx", "netbeui", "stp",
	"lat", "moprc", "mopdl", "tcpflags", "tcp-fin", "tcp-syn", "tcp-rst", "tcp-push", "tcp-ack", "tcp-urg",
	"tcp-ece", "tcp-cwr", "icmptype", "icmpcode", "in", "out", "mgt", "ctl", "data", "on", "rnr", "rulenum",
	"reason", "rset", "ruleset", "srnr", "subrulenum", "action", "lane", "metac", "bcc", "oam", "oamf4",
	"connectmsg", "metaconnect", "vpi", "vci"};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* libpcap does not say where a syntax error is.  The first word that is no keyword, stands where no name can,
 * and is near to a keyword is the likely place. */
static bool find_misspelt(const char *expression, char *word, size_t room, struct near *near)
{
	bool name_may_follow = false;

	for (const char *at = expression; *at;) {
		size_t n = 0;
		while (isalnum((unsigned char)at[n]) || at[n] == '-' || at[n] == '_' || at[n] == '.')
			n++;
		if (n == 0) {
			at++;
			continue;
		}
		snprintf(word, room, "%.*s", (int)n, at);
		at += n;
		if (is_one_of(word, takes_name, COUNT(takes_name))) {
			name_may_follow = true;
			continue;
		}
		if (!name_may_follow && isalpha((unsigned char)word[0]) &&
			!is_one_of(word, keywords, COUNT(keywords))) {
			*near = near_begin(word);
			for (size_t i = 0; i < COUNT(takes_name); i++)
				near_offer(near, takes_name[i]);
			for (size_t i = 0; i < COUNT(keywords); i++)
				near_offer(near, keywords[i]);
			if (near->word[0])
				return true;
		}
		name_may_follow = false;
	}
	return false;
}

static bool err_filter(const struct filter *filter, int link_type, const char *why, struct err *err)
{
	static const char wordy[] = "can't parse filter expression: ";
	const char *link = source_link_name(link_type);
	struct near near;
	char word[100];

	if (!strncmp(why, wordy, sizeof wordy - 1))
		why += sizeof wordy - 1;
	if (!strcmp(why, "syntax error")) {
		if (find_misspelt(filter->expression, word, sizeof word, &near))
			return err_set(err, ERR_USAGE,
				"filter '%s': syntax error at '%s' (did you mean '%s'? see man 7 pcap-filter)",
				filter->expression, word, near.word);
		return err_set(err, ERR_USAGE, "filter '%s': syntax error (see man 7 pcap-filter)", filter->expression);
	}
	return err_set(err, ERR_USAGE, "filter '%s': %s, link type %s (see man 7 pcap-filter)", filter->expression, why,
		link ? link : "not known");
}

/* -- compiling and matching -- */

bool filter_prepare(struct filter *filter, int link_type, struct err *err)
{
	struct bpf_program program;

	for (size_t i = 0; i < filter->count; i++)
		if (filter->compiled[i].link_type == link_type) {
			filter->last = i;
			return true;
		}
	pcap_t *pcap = pcap_open_dead(link_to_dlt(link_type), SNAP_LENGTH);
	if (!pcap)
		err_no_memory();
	bool good = pcap_compile(pcap, &program, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!good)
		err_filter(filter, link_type, pcap_geterr(pcap), err);
	pcap_close(pcap);
	if (!good)
		return false;
	filter->compiled = mem_grow(filter->compiled, (filter->count + 1) * sizeof *filter->compiled);
	filter->compiled[filter->count] = (struct compiled){link_type, program};
	filter->last = filter->count++;
	return true;
}

bool filter_match(struct filter *filter, const struct frame *frame, bool *match, struct err *err)
{
	if (!filter->count || filter->compiled[filter->last].link_type != frame->link_type)
		if (!filter_prepare(filter, frame->link_type, err))
			return false;
	struct pcap_pkthdr header = {.caplen = frame->captured, .len = frame->length};
	*match = pcap_offline_filter(&filter->compiled[filter->last].program, &header, frame->bytes) != 0;
	return true;
}
