/* handshake: detectors of the handshake, and of what comes before and after it (RFC 9293 3.5). */
#include "detect/look.h"
