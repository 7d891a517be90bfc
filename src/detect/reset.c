/* reset: detectors of RST, and of segments that do not belong (RFC 9293 3.5.1, 3.5.2; RFC 5961). */
#include "detect/look.h"
