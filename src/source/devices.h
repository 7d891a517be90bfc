/* devices: the interfaces of this machine, and what is said when one cannot be captured. */
#ifndef LASTACK_SOURCE_DEVICES_H
#define LASTACK_SOURCE_DEVICES_H

#include <pcap/pcap.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Adds the names of those that can be captured, with commas; marks: those that are down are said to be. */
void devices_list(struct strbuf *names, bool marks);

/* Why pcap_activate gave `status` for an interface, and what to do.  Always false. */
bool devices_explain(const char *name, int status, pcap_t *pcap, struct err *err);

#endif
