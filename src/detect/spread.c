/* spread: detectors of many connections together: floods, scans, leaks, exhaustion. */
#include "detect/look.h"
