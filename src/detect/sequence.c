/* sequence: detectors of octets: what was sent again, what is missing, what is in dispute. */
#include "detect/look.h"
