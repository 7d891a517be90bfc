/* files: the octets that each side sent, as one file for each direction.
 *
 * A piece is written at its place in the file as soon as it comes, so that nothing is held in memory, and no order is
 * needed.  Of octets that come twice the first are kept.  What never came is a hole: octets of value 0, listed in
 * index.json, one line for each file. */
#ifndef LASTACK_CONTENT_FILES_H
#define LASTACK_CONTENT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "content/octets.h"

struct files;

/* Into this folder, which is made, readable by its owner alone; an existing one has to be empty, for nothing is ever
 * written over.  NULL with *err. */
struct files *files_open(const char *folder, struct err *err);

/* Where the pieces go. */
struct octets_sink files_sink(struct files *files);

struct files_result {
	uint64_t files, octets;
	uint64_t holed, missing; /* files that have holes, octets in these */
	uint64_t refused;        /* octets that were not written: before the beginning, too far, too scattered */
};

/* Closes everything.  False with *err when something could not be written, which ends all writing at once. */
bool files_close(struct files *files, struct files_result *result, struct err *err);

#endif
