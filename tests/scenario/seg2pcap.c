/* seg2pcap: a scenario as a capture file, to look at with other tools. */
#include <stdio.h>

#include "tests/lib/scenario.h"

int main(int argc, char **argv)
{
	struct scenario scenario;
	struct err err = {0};

	if (argc != 3) {
		fputs("usage: seg2pcap FILE.seg OUT.pcap\n", stderr);
		return ERR_USAGE;
	}
	bool good = scenario_read(argv[1], &scenario, &err) && scenario_write(&scenario, argv[2], &err);
	if (!good)
		fprintf(stderr, "seg2pcap: %s\n", err.text);
	scenario_fini(&scenario);
	return good ? 0 : ERR_FAILED;
}
