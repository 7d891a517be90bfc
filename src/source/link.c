/* link: see link.h. */
#include "source/link.h"

#include <pcap/pcap.h>
#include <stddef.h>

#include "source/source.h"

static const struct row {
	int link_type, dlt;
} rows[] = {
	{100, DLT_ATM_RFC1483},
	{101, DLT_RAW},
	{102, DLT_SLIP_BSDOS},
	{103, DLT_PPP_BSDOS},
	{106, DLT_ATM_CLIP},
	{246, DLT_PFSYNC},
	{258, DLT_PKTAP},
};

enum { RAW_OF_OPENBSD = 14, ROWS = sizeof rows / sizeof rows[0] };

int link_from_dlt(int dlt)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].dlt == dlt)
			return rows[i].link_type;
	return dlt;
}

int link_to_dlt(int link_type)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].link_type == link_type)
			return rows[i].dlt;
	return link_type;
}

int link_from_file(int value)
{
	/* Some systems wrote their own DLT_RAW into files: 12, and 14 on OpenBSD. */
	return value == RAW_OF_OPENBSD ? 101 : link_from_dlt(value);
}

const char *source_link_name(int link_type)
{
	return link_type < 0 ? NULL : pcap_datalink_val_to_name(link_to_dlt(link_type));
}

const char *source_library_version(void)
{
	return pcap_lib_version();
}
