/* target: what a fuzzing engine calls, and replay.c too.  A target that returns found nothing wrong. */
#ifndef LASTACK_TESTS_FUZZ_TARGET_H
#define LASTACK_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
