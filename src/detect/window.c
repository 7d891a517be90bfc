/* window: detectors of flow control, and of peers that answer no more. */
#include "detect/look.h"
