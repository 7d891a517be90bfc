/* link: the two numberings of link types.  Files and struct frame hold LINKTYPE_ values; libpcap's filter
 * compiler wants DLT_ values, which differ for a few old types (https://www.tcpdump.org/linktypes.html). */
#ifndef LASTACK_SOURCE_LINK_H
#define LASTACK_SOURCE_LINK_H

int link_from_dlt(int dlt);
int link_to_dlt(int link_type);

/* What a file may hold for one type, as the one value that the rest of the program knows. */
int link_from_file(int value);

#endif
