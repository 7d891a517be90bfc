/* frame: one captured packet as its source delivered it. */
#ifndef LASTACK_BASE_FRAME_H
#define LASTACK_BASE_FRAME_H

#include <stdint.h>

struct frame {
	const uint8_t *bytes; /* borrowed; valid until the source is asked for the next frame */
	uint32_t captured;    /* how many bytes there are */
	uint32_t length;      /* how many there were on the wire; may be more (snap length) */
	int64_t time_ns;
	uint64_t number; /* counts from 1 within its input, filtered packets included: Wireshark's number */
	uint32_t input;  /* index of the file or interface it came from, from 0 */
	int link_type;   /* LINKTYPE_ value of the capture file (the DLT_ value where they differ is mapped) */
};

#endif
