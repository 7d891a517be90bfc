/* generate: a large capture of TCP connections, and on standard output the truth about it as one JSON object.
 *
 *     generate WORKLOAD CONNECTIONS OPEN FILE.pcap
 *
 * OPEN connections live at once; each packet belongs to one of them chosen by chance, and where one ends the next
 * begins. The same arguments always give the same octets: all chance comes from one generator with a fixed seed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/lib/wrap.h"

/* How a connection goes, letter by letter: S SYN, A ACK, F FIN, R RST of the initiator, the same in lower case of the
 * responder (s is SYN+ACK); D is all data, one segment of the initiator and then those of the responder, with the
 * acknowledgements between.  A FIN without an answer comes again, else its silence would tell that the answer was only
 * not seen.  `outcome` as in base/outcomes.def. */
static const struct life {
	const char *outcome, *letters;
} lives[] = {
	{"closed", "SsADFafA"}, /* the first two are the normal ones, the last is that of a flood */
	{"closed", "SsADFfA"},
	{"reset", "SsADR"},
	{"unanswered", "SSSS"},
	{"refused", "Sr"},
	{"handshake-incomplete", "Sss"},
	{"closed-unconfirmed", "SsADFaffff"},
	{"capture-ended", "SsAD"},
	{"half-closed", "SsADFa"},
	{"unanswered", "S"},
};
enum { LIVES = sizeof lives / sizeof *lives, NORMAL = 2, FLOOD = LIVES - 1 };

/* Shares are in thousandths. */
static const struct workload {
	const char *name;
	uint32_t data;              /* segments with payload of a connection */
	uint32_t shortest, longest; /* octets of such a segment; all of a connection are as long */
	uint32_t snap_length;
	int64_t gap_ns; /* between packets */
	uint32_t ip6, abnormal, again, swapped;
	bool flood;
} workloads[] = {
	{"web", 4, 200, 1400, 96, 5000, 100, 20, 0, 0, false},
	{"bulk", 25000, 1460, 1460, 65535, 2000, 0, 0, 0, 0, false},
	{"flood", 0, 0, 0, 96, 1000, 0, 0, 0, 0, true},
	{"open", 1, 200, 1400, 74, 1000, 0, 0, 0, 0, false},
	{"mixed", 8, 100, 1400, 200, 3333, 150, 50, 10, 2, false},
	{0},
};

struct connection {
	const struct life *life;
	uint32_t number, at;      /* letter of its life */
	uint32_t isn[2];          /* of initiator, responder */
	uint32_t length;          /* octets of a data segment */
	uint32_t sent, owed;      /* data segments sent; those of the responder not acknowledged */
	bool ip6, again, swapped; /* next comes a copy of the last data segment; the one that was overtaken */
	bool finished[2];
};

struct capture {
	const struct workload *workload;
	FILE *file;
	struct wrap wrap;
	int64_t now_ns;
	uint64_t chance;
	uint64_t packets, octets, outcomes[LIVES];
};

/* xorshift64* (Vigna, 2016) */
static uint32_t chance(struct capture *c)
{
	c->chance ^= c->chance >> 12;
	c->chance ^= c->chance << 25;
	c->chance ^= c->chance >> 27;
	return (uint32_t)(c->chance * 0x2545f4914f6cdd1d >> 32);
}

static uint32_t below(struct capture *c, uint32_t limit)
{
	return (uint32_t)((uint64_t)chance(c) * limit >> 32);
}

static bool happens(struct capture *c, uint32_t thousandths)
{
	return thousandths && below(c, 1000) < thousandths;
}

static void begin(struct capture *c, struct connection *x, uint32_t number)
{
	const struct workload *w = c->workload;
	size_t life = w->flood ? FLOOD : happens(c, w->abnormal) ? NORMAL + below(c, FLOOD - NORMAL) : below(c, NORMAL);

	*x = (struct connection){.life = &lives[life], .number = number};
	x->isn[0] = chance(c);
	x->isn[1] = chance(c);
	x->length = w->shortest + below(c, w->longest - w->shortest + 1);
	x->ip6 = happens(c, w->ip6);
	c->outcomes[life]++;
}

/* Addresses and ports that no other connection has; few responders, many initiators. */
static struct addr address(const struct connection *x, bool responder)
{
	enum { INITIATORS = 65521, RESPONDERS = 251 };
	uint32_t host = responder ? 0x0a800001 + x->number % RESPONDERS : 0x0a000001 + x->number % INITIATORS;
	uint8_t octet[16] = {0x20, 0x01, 0x0d, 0xb8, [12] = (uint8_t)(host >> 24), (uint8_t)(host >> 16),
		(uint8_t)(host >> 8), (uint8_t)host};

	return x->ip6 ? addr_from_v6(octet) : addr_from_v4(octet + 12);
}

static uint16_t port(const struct connection *x, bool responder)
{
	return responder ? 443 : (uint16_t)(1025 + x->number / 65521);
}

static void write32(FILE *file, uint32_t value)
{
	fwrite(&value, sizeof value, 1, file);
}

static void write_header(const struct capture *c)
{
	write32(c->file, 0xa1b2c3d4); /* microseconds, octets in this machine's order */
	write32(c->file, 2 | 4 << 16);
	write32(c->file, 0);
	write32(c->file, 0);
	write32(c->file, c->workload->snap_length);
	write32(c->file, (uint32_t)wrap_links->link_type);
}

/* One segment, `seq` and `ack` counted from the initial numbers. */
static void send_segment(struct capture *c, const struct connection *x, bool responder, uint8_t ctl, uint32_t seq,
	uint32_t ack, uint32_t payload)
{
	struct segment s = {
		.source = address(x, responder),
		.destination = address(x, !responder),
		.source_port = port(x, responder),
		.destination_port = port(x, !responder),
		.seq = x->isn[responder] + seq,
		.ack = x->isn[!responder] + ack,
		.payload_len = payload,
		.wnd = 64240,
		.ctl = ctl,
		.options = OPTION_TIMESTAMPS,
		.ts_val = (uint32_t)(c->now_ns / NS_PER_MS),
		.ttl = 64,
		.ip_id = (uint16_t)c->packets,
		.checksum = CHECKSUM_GOOD,
	};
	if (ctl & CTL_SYN) {
		s.options |= OPTION_MSS | OPTION_SACK_PERMITTED | OPTION_WINDOW_SCALE;
		s.mss = 1460;
		s.window_scale = 7;
	}
	wrap_segment(&c->wrap, wrap_links, &s);

	uint32_t length = (uint32_t)(c->wrap.end - c->wrap.at), snap = c->workload->snap_length;
	uint32_t captured = length < snap ? length : snap;
	write32(c->file, (uint32_t)(c->now_ns / NS_PER_S));
	write32(c->file, (uint32_t)(c->now_ns % NS_PER_S / NS_PER_US));
	write32(c->file, captured);
	write32(c->file, length);
	fwrite(c->wrap.room + c->wrap.at, 1, captured, c->file);
	c->packets++;
	c->now_ns += c->workload->gap_ns;
}

/* Where a side's sequence numbers have come to when all its data segments below `sent` have passed. */
static uint32_t reached(const struct connection *x, bool responder, uint32_t sent)
{
	uint32_t segments = responder ? sent - !!sent : !!sent;

	return 1 + segments * x->length + x->finished[responder];
}

static void send_data(struct capture *c, const struct connection *x, uint32_t number)
{
	bool responder = number > 0;

	send_segment(c, x, responder, CTL_ACK | CTL_PSH, reached(x, responder, number), reached(x, !responder, number),
		x->length);
}

/* The next packet of letter D; false when there is none. */
static bool data_step(struct capture *c, struct connection *x)
{
	const struct workload *w = c->workload;

	if (x->again) {
		x->again = false;
		send_data(c, x, x->sent - 1);
		return true;
	}
	if (x->owed >= 2 && !x->swapped) {
		x->owed = 0;
		send_segment(c, x, false, CTL_ACK, reached(x, false, x->sent), reached(x, true, x->sent), 0);
		return true;
	}
	if (x->sent == w->data)
		return false;
	if (!x->swapped && x->sent && x->sent + 1 < w->data && happens(c, w->swapped)) {
		x->swapped = true;
		send_data(c, x, x->sent + 1);
		return true;
	}
	send_data(c, x, x->sent);
	x->owed += x->sent > 0 ? 1 + x->swapped : 0;
	x->sent += 1 + x->swapped;
	x->again = !x->swapped && happens(c, w->again);
	x->swapped = false;
	return true;
}

/* The next packet of a connection; false when it was the last. */
static bool step(struct capture *c, struct connection *x)
{
	if (x->life->letters[x->at] == 'D') {
		if (data_step(c, x))
			return x->sent < c->workload->data || x->owed >= 2 || x->again || x->life->letters[x->at + 1];
		x->at++;
	}
	char letter = x->life->letters[x->at];
	bool responder = letter >= 'a';
	uint8_t ctl = CTL_ACK;
	uint32_t seq = reached(x, responder, x->sent), ack = reached(x, !responder, x->sent);

	switch (letter) {
	case 'S':
	case 's':
		ctl = responder ? CTL_SYN | CTL_ACK : CTL_SYN;
		seq = 0;
		break;
	case 'R':
	case 'r':
		ctl = CTL_RST | CTL_ACK;
		seq = x->at == 1 ? 0 : seq; /* refused: it has no number yet */
		break;
	case 'F':
	case 'f':
		ctl = CTL_FIN | CTL_ACK;
		x->finished[responder] = true;
		break;
	}
	send_segment(c, x, responder, ctl, seq, ack, 0);
	return x->life->letters[++x->at];
}

static void generate(struct capture *c, uint32_t connections, uint32_t open)
{
	struct connection *x = calloc(open, sizeof *x);
	uint32_t begun = 0, living = 0;

	if (!x) {
		fputs("generate: no memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	while (living < open && begun < connections)
		begin(c, &x[living++], begun++);
	while (living) {
		uint32_t i = below(c, living);

		if (step(c, &x[i]))
			continue;
		/* Every data segment was sent, and each counts once. */
		c->octets += (uint64_t)x[i].sent * x[i].length;
		if (begun < connections)
			begin(c, &x[i], begun++);
		else
			x[i] = x[--living];
	}
	free(x);
}

static void print_truth(const struct capture *c, uint32_t connections)
{
	printf("{\"connections\": %" PRIu32 ", \"packets\": %" PRIu64 ", \"octets\": %" PRIu64 ", \"outcomes\": {",
		connections, c->packets, c->octets);
	for (size_t i = 0, printed = 0; i < LIVES; i++) {
		uint64_t count = c->outcomes[i];
		bool told = false;

		for (size_t k = 0; k < LIVES; k++)
			if (k != i && !strcmp(lives[k].outcome, lives[i].outcome)) {
				told |= k < i;
				count += c->outcomes[k];
			}
		if (count && !told)
			printf("%s\"%s\": %" PRIu64, printed++ ? ", " : "", lives[i].outcome, count);
	}
	puts("}}");
}

int main(int argc, char **argv)
{
	static struct capture c = {.now_ns = INT64_C(1700000000) * NS_PER_S, .chance = 88172645463325252};
	const struct workload *w = workloads;
	uint32_t connections = argc == 5 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	uint32_t open = argc == 5 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;

	while (argc == 5 && w->name && strcmp(w->name, argv[1]))
		w++;
	if (!connections || !open || !w->name) {
		fputs("usage: generate web|bulk|flood|open|mixed CONNECTIONS OPEN FILE.pcap\n", stderr);
		return 2;
	}
	c.workload = w;
	c.file = fopen(argv[4], "wb");
	if (c.file) {
		write_header(&c);
		generate(&c, connections, open);
	}
	if (!c.file || ferror(c.file) | fclose(c.file)) {
		fprintf(stderr, "generate: %s: %s\n", argv[4], strerror(errno));
		return 1;
	}
	print_truth(&c, connections);
	return 0;
}
