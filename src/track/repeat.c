/* repeat: see repeat.h. */
#include "track/repeat.h"

void repeat_segment(const struct observation *o)
{
	struct endpoint *x = o->x;
	uint32_t length = o->segment->payload_len;
	/* an octet filled in sooner than this was late, not sent again */
	int64_t reorder = 3 * NS_PER_MS;

	if (!length) {
		/* a SYN or a FIN takes a place in sequence space, and may be sent again like an octet */
		x->retransmitted += o->acceptable && o->end > o->seq && x->nxt != OFFSET_NONE && o->end <= x->nxt;
		return;
	}
	if (o->rst || !o->acceptable) {
		x->stream.fresh_bytes +=
			length; /* text in a RST (RFC 9293 3.5.3), or of nobody: no place in the stream */
		return;
	}
	if (o->probe && length == 1) { /* a keep-alive's garbage octet (RFC 9293 3.8.4) */
		x->stream.again_bytes += length;
		return;
	}
	switch (stream_accept(&x->stream, o->seq + o->syn, length, o->t, reorder)) {
	case STREAM_RETRANSMITTED:
		x->retransmitted++;
		break;
	case STREAM_OUT_OF_ORDER:
		x->out_of_order++;
		break;
	case STREAM_NEW:
		break;
	}
}
