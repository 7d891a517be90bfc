/* midstream: detectors of the capture itself: what it lacks, and what it has twice. */
#include "detect/look.h"
