/* community_id: Community ID v1 (Corelight, community-id-spec), seed 0: the name that many tools give to a connection,
 * so that their records can be joined. */
#ifndef LASTACK_RECORD_COMMUNITY_ID_H
#define LASTACK_RECORD_COMMUNITY_ID_H

#include <stdint.h>

#include "base/addr.h"

enum { COMMUNITY_ID_TEXT = 31 }; /* "1:", 28 letters of base64, NUL */

/* Of a TCP connection between two endpoints; the same for either order.  Returns text. */
char *community_id_print(
	const struct addr *a, uint16_t a_port, const struct addr *b, uint16_t b_port, char text[COMMUNITY_ID_TEXT]);

#endif
