/* shipping: the process that ships beside a watch (watch --ship-to).
 *
 * Theory.  Whoever reads packets opens no connections; so another process does, which never sees a packet.  It is made
 * before anything is open, so that it inherits nothing, becomes the same user, and is confined by itself.  It reads the
 * database as any program does: when it is slow, or dead, or there is no cluster, rows wait in the file and the watch
 * goes on.  A process between both begins it anew when it dies, later each time.
 *
 * What is between them is two pipes: lines for people come by the one; by the other it is told when the database is
 * there, and, by its end, that the watch has ended.  Then what is left is sent, for a few seconds. */
#ifndef LASTACK_CLI_SHIPPING_H
#define LASTACK_CLI_SHIPPING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/options.h"

struct shipping {
	bool runs;
	int control, lines; /* ends of pipes */
	struct strbuf partial;
};

/* Makes the process, where --ship-to asks for it.  False with *err: options that cannot be. */
bool shipping_begin(struct shipping *shipping, const struct options *options, struct err *err);

/* The database is there. */
void shipping_go(struct shipping *shipping);

/* What it says, line by line; never waits. */
void shipping_listen(struct shipping *shipping, void (*say)(void *context, const char *line), void *context);

/* The watch has ended, and its database is closed.  Accepts the zero value. */
void shipping_end(struct shipping *shipping);

#endif
