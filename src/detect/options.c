/* options: detectors of options and of Fast Open. */
#include "detect/look.h"
