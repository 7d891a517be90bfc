/* hosts: how long TIME-WAIT lasts on a host, as far as the host itself has shown it.
 *
 * A segment of an old connection that is answered with its last ACK shows that TIME-WAIT still lasted; a RST in answer
 * to one, or a SYN that is accepted although no TIME-WAIT would let it in (RFC 9293 3.10.7.4, RFC 6191), shows that it
 * was over.  Each gives a bound on its length; the profile's length is moved to the nearest one within the bounds.
 *
 * Bounded: beyond the capacity the host that was heard of longest ago is forgotten. */
#ifndef LASTACK_TRACK_HOSTS_H
#define LASTACK_TRACK_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct hosts;

/* Takes no memory for hosts before the first one has shown something. */
struct hosts *hosts_new(size_t capacity);
void hosts_free(struct hosts *hosts); /* accepts NULL */

/* TIME-WAIT still lasted after / was over after so long, ns.  What contradicts an earlier bound replaces it: the host
 * was set anew, or there are several behind one address. */
void hosts_time_wait_lasted(struct hosts *hosts, const struct addr *ip, int64_t ns);
void hosts_time_wait_over(struct hosts *hosts, const struct addr *ip, int64_t ns);

/* The length to expect, ns; usual_ns where the host has shown nothing to the contrary.  *learned: it is the host's own.
 */
int64_t hosts_time_wait(const struct hosts *hosts, const struct addr *ip, int64_t usual_ns, bool *learned);

#endif
