/* live: see live.h.
 *
 * Each interface has a ring that the kernel fills in blocks (no immediate mode: a block is handed over when it is full,
 * or after BLOCK_MS).  The next frame of each is held, and the oldest is given first; none is waited for.
 */
#include "source/live.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "source/devices.h"
#include "source/even.h"
#include "source/link.h"

enum {
	BLOCK_MS = 100,       /* a frame waits at most so long in its block */
	IDLE_MS = 100,        /* how long nothing has to come before SOURCE_IDLE is given */
	LOOK_AFTER_MS = 1000, /* how often it is asked whether an interface is up, or back */
};

struct interface {
	pcap_t *pcap; /* NULL: gone, and looked for */
	struct source_input input;
	uint64_t packets;         /* given so far */
	struct frame head;        /* the next one */
	bool has_head, down;      /* down: it was said */
	struct pcap_stat counted; /* as the handle said last: 32 bits that come round */
};

struct live {
	struct source_live how;
	struct even even;
	struct pollfd *poll;
	unsigned next;   /* interface that was looked after last */
	int64_t look_ns; /* when the next one is, monotonic */
	struct interface interface[];
};

/* --- opening -------------------------------------------------------------------------------------- */

static bool set_filter(const struct live *live, struct interface *interface, struct err *err)
{
	struct bpf_program program;

	if (!live->how.filter)
		return true;
	if (pcap_compile(interface->pcap, &program, live->how.filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return err_set(err, ERR_USAGE, "filter '%s': %s (see man 7 pcap-filter)", live->how.filter,
			pcap_geterr(interface->pcap));
	bool set = pcap_setfilter(interface->pcap, &program) == 0;
	pcap_freecode(&program);
	return set || err_set(err, ERR_FAILED, "%s: the filter cannot be set: %s", interface->input.name,
			      pcap_geterr(interface->pcap));
}

static bool open_interface(const struct live *live, struct interface *interface, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_create(interface->input.name, why);

	if (!pcap)
		return err_set(err, ERR_FAILED, "%s: %s", interface->input.name, why);
	pcap_set_snaplen(pcap, (int)live->how.snap_length);
	pcap_set_promisc(pcap, live->how.promiscuous);
	pcap_set_timeout(pcap, BLOCK_MS);
	pcap_set_buffer_size(pcap, (int)live->how.buffer_bytes);
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	int status = pcap_activate(pcap);
	if (status < 0) {
		devices_explain(interface->input.name, status, pcap, err);
		pcap_close(pcap);
		return false;
	}
	/* of the pseudo-interface that stands for all, the newer of the two cooked headers */
	if (pcap_datalink(pcap) == DLT_LINUX_SLL)
		pcap_set_datalink(pcap, DLT_LINUX_SLL2);
	interface->pcap = pcap;
	interface->counted = (struct pcap_stat){0};
	interface->input.link_type = link_from_dlt(pcap_datalink(pcap));
	interface->input.snap_length = live->how.snap_length;
	if (set_filter(live, interface, err) && pcap_setnonblock(pcap, 1, why) == 0)
		return true;
	pcap_close(pcap);
	interface->pcap = NULL;
	return false;
}

struct live *live_new(const struct source_live *how, struct err *err)
{
	struct live *live = mem_new(1, sizeof *live + how->count * sizeof live->interface[0]);

	live->how = *how;
	even_begin(&live->even, clock_wall_ns(), clock_monotonic_ns());
	live->poll = mem_new(how->count, sizeof *live->poll);
	for (unsigned i = 0; i < how->count; i++) {
		live->interface[i].input.name = how->interfaces[i];
		live->interface[i].input.link_type = -1;
	}
	for (unsigned i = 0; i < how->count; i++)
		if (!open_interface(live, &live->interface[i], err)) {
			live_free(live);
			return NULL;
		}
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	for (unsigned i = 0; i < live->how.count; i++)
		if (live->interface[i].pcap)
			pcap_close(live->interface[i].pcap);
	free(live->poll);
	free(live);
}

/* --- counts --------------------------------------------------------------------------------------- */

static void count(struct interface *interface)
{
	struct pcap_stat now;

	if (!interface->pcap || pcap_stats(interface->pcap, &now) != 0)
		return;
	interface->input.received += (uint32_t)(now.ps_recv - interface->counted.ps_recv);
	interface->input.drops += (uint32_t)(now.ps_drop - interface->counted.ps_drop);
	interface->input.interface_drops += (uint32_t)(now.ps_ifdrop - interface->counted.ps_ifdrop);
	interface->counted = now;
}

void live_count(struct live *live)
{
	for (unsigned i = 0; i < live->how.count; i++)
		count(&live->interface[i]);
}

unsigned live_inputs(const struct live *live)
{
	return live->how.count;
}

const struct source_input *live_input(const struct live *live, unsigned index)
{
	return &live->interface[index].input;
}

/* --- frames --------------------------------------------------------------------------------------- */

static enum source_status lose(const struct live *live, struct interface *interface, struct err *err)
{
	count(interface);
	if (!live->how.opens_again) {
		err_set(err, ERR_FAILED,
			"%s: the interface is gone, and without privileges it cannot be opened again (start lastack "
			"anew when it is back)",
			interface->input.name);
		return SOURCE_END;
	}
	pcap_close(interface->pcap);
	interface->pcap = NULL;
	interface->has_head = false;
	err_set(err, ERR_FAILED, "%s: the interface is gone (capture goes on when it is back)", interface->input.name);
	return SOURCE_NEWS;
}

static enum source_status find_again(const struct live *live, struct interface *interface, struct err *err)
{
	struct err ignored;

	if (!open_interface(live, interface, &ignored))
		return SOURCE_IDLE;
	interface->down = false;
	err_set(err, ERR_NONE, "%s: the interface is back", interface->input.name);
	return SOURCE_NEWS;
}

/* The handle does not tell when its interface goes down, or comes up: its flags do. */
static enum source_status look_after(const struct live *live, struct interface *interface, struct err *err)
{
	struct ifreq request = {0};

	if (!interface->pcap)
		return find_again(live, interface, err);
	if (!strcmp(interface->input.name, "any"))
		return SOURCE_IDLE;
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface->input.name);
	if (ioctl(pcap_fileno(interface->pcap), SIOCGIFFLAGS, &request))
		return errno == ENODEV ? lose(live, interface, err) : SOURCE_IDLE;
	bool down = !(request.ifr_flags & IFF_UP);
	if (down == interface->down)
		return SOURCE_IDLE;
	interface->down = down;
	if (down)
		err_set(err, ERR_FAILED, "%s: the interface is down (capture goes on when it is up)",
			interface->input.name);
	else
		err_set(err, ERR_NONE, "%s: the interface is up again", interface->input.name);
	return SOURCE_NEWS;
}

/* Each interface once a second, one after the other. */
static enum source_status look_after_next(struct live *live, struct err *err)
{
	if (live->even.monotonic_ns < live->look_ns)
		return SOURCE_IDLE;
	live->look_ns = live->even.monotonic_ns + LOOK_AFTER_MS * NS_PER_MS / live->how.count;
	live->next = (live->next + 1) % live->how.count;
	return look_after(live, &live->interface[live->next], err);
}

/* SOURCE_FRAME: its head is there; SOURCE_IDLE: it has none now. */
static enum source_status fill_head(struct live *live, unsigned index, struct err *err)
{
	struct interface *interface = &live->interface[index];
	struct pcap_pkthdr *header;
	const unsigned char *bytes;

	if (interface->has_head)
		return SOURCE_FRAME;
	if (!interface->pcap)
		return SOURCE_IDLE;
	int status = pcap_next_ex(interface->pcap, &header, &bytes);
	if (status < 0)
		return lose(live, interface, err);
	if (status == 0)
		return SOURCE_IDLE;
	interface->has_head = true;
	interface->head = (struct frame){
		.bytes = bytes,
		.captured = header->caplen,
		.length = header->len,
		.time_ns = even_time(&live->even, header->ts.tv_sec * NS_PER_S + header->ts.tv_usec),
		.number = ++interface->packets,
		.input = index,
		.link_type = interface->input.link_type,
	};
	interface->input.read_bytes += header->len;
	return SOURCE_FRAME;
}

static bool wait_for_frames(struct live *live)
{
	nfds_t count = 0;

	for (unsigned i = 0; i < live->how.count; i++)
		if (live->interface[i].pcap)
			live->poll[count++] = (struct pollfd){
				.fd = pcap_get_selectable_fd(live->interface[i].pcap), .events = POLLIN};
	return poll(live->poll, count, IDLE_MS) > 0;
}

enum source_status live_next(struct live *live, struct frame *frame, struct err *err)
{
	enum source_status status;

	even_tick(&live->even, clock_wall_ns(), clock_monotonic_ns());
	status = look_after_next(live, err);
	if (status != SOURCE_IDLE)
		return status;
	for (bool waited = false;; waited = true) {
		struct interface *first = NULL;

		for (unsigned i = 0; i < live->how.count; i++) {
			struct interface *interface = &live->interface[i];

			status = fill_head(live, i, err);
			if (status == SOURCE_NEWS || status == SOURCE_END)
				return status;
			if (interface->has_head && (!first || interface->head.time_ns < first->head.time_ns))
				first = interface;
		}
		if (first) {
			first->has_head = false;
			*frame = first->head;
			return SOURCE_FRAME;
		}
		bool none = waited || !wait_for_frames(live);
		even_tick(&live->even, clock_wall_ns(), clock_monotonic_ns());
		if (!none)
			continue;
		/* what came just now may still be in its block */
		*frame = (struct frame){.time_ns = even_settled(&live->even, (BLOCK_MS + IDLE_MS) * NS_PER_MS)};
		return SOURCE_IDLE;
	}
}
