/* classic: pcap files, through libpcap, which knows their byte orders, precisions and variants
 * (draft-ietf-opsawg-pcap). */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "source/link.h"
#include "source/reader.h"

struct classic {
	pcap_t *pcap;
	int link_type;
};

/* Seconds are unsigned 32 bits in the file, to 2106; libpcap 1.10 gives them as signed.  A fraction that is
 * none is left out: the packet keeps its whole second. */
static int64_t time_of(const struct pcap_pkthdr *header)
{
	int64_t fraction = header->ts.tv_usec; /* nanoseconds in this precision */

	return (int64_t)(uint32_t)header->ts.tv_sec * NS_PER_S + (fraction >= 0 && fraction < NS_PER_S ? fraction : 0);
}

static enum source_status classic_stop(struct reader *reader, int status, struct err *err)
{
	const struct classic *classic = reader->format;

	if (status == PCAP_ERROR_BREAK)
		return reader_end(reader);
	if (feof(pcap_file(classic->pcap)) || stream_trouble(reader->stream))
		return reader_cut(reader, err);
	return reader_damaged(reader, err, "%s", pcap_geterr(classic->pcap));
}

static enum source_status classic_next(struct reader *reader, struct frame *frame, struct err *err)
{
	const struct classic *classic = reader->format;
	struct pcap_pkthdr *header;
	const unsigned char *bytes;

	int status = pcap_next_ex(classic->pcap, &header, &bytes);
	if (__builtin_expect(status != 1, 0))
		return classic_stop(reader, status, err);
	*frame = (struct frame){
		.bytes = bytes,
		.captured = header->caplen,
		.length = header->len,
		.time_ns = time_of(header),
		.number = ++reader->packets,
		.input = reader->index,
		.link_type = classic->link_type,
	};
	return SOURCE_FRAME;
}

static void classic_close(struct reader *reader)
{
	struct classic *classic = reader->format;

	if (classic->pcap)
		pcap_close(classic->pcap);
	free(classic);
}

bool classic_open(struct reader *reader, struct err *err)
{
	FILE *file = stream_file(reader->stream);
	struct classic *classic = mem_new(1, sizeof *classic);
	char why[PCAP_ERRBUF_SIZE];

	reader->format = classic;
	reader->close = classic_close;
	reader->next = classic_next;
	classic->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!classic->pcap) {
		if (feof(file))
			return err_set(err, ERR_FAILED,
				"%s: ends inside the file header (copy it again if it was being written)",
				reader_name(reader));
		return err_set(err, ERR_FAILED, "%s: not readable: %s (copy it again from where it was made)",
			reader_name(reader), why);
	}
	stream_give_file(reader->stream);
	classic->link_type = link_from_file(pcap_datalink(classic->pcap));
	reader_note_link(reader, classic->link_type, (uint32_t)pcap_snapshot(classic->pcap));
	return true;
}
