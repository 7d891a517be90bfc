/* geo: where an address is and whose it is, from MaxMind DB files.  The only folder that includes maxminddb.h.
 *
 * Country, city and ASN databases are recognised by the type that the file itself names; several may be given,
 * each fills what it knows.  A missing, broken or foreign file is one line of warning and the run goes on;
 * absence of an entry is no error. */
#ifndef LASTACK_ENRICH_GEO_H
#define LASTACK_ENRICH_GEO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum { GEO_TEXT = 256 };

struct geo_entry {
	char country[GEO_TEXT], region[GEO_TEXT], city[GEO_TEXT], organisation[GEO_TEXT]; /* "" unknown */
	double latitude, longitude;                                                       /* NAN unknown */
	int64_t asn;                                                                      /* CLOCK_NONE unknown */
};

struct geo;

struct geo *geo_new(void);
void geo_free(struct geo *geo); /* accepts NULL */

/* Adds a file.  False with *err ("FILE: why (what to do)") when it cannot be used; geo goes on without it. */
bool geo_add(struct geo *geo, const char *path, struct err *err);

/* Fills *entry with what the files know.  False when none of them has an entry. */
bool geo_lookup(struct geo *geo, const struct addr *address, struct geo_entry *entry);

/* The version line of libmaxminddb. */
const char *geo_library_version(void);

#endif
