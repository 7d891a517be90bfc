/* null: the bare read loop of libpcap over a capture file.  What it takes is the measure that others are compared with.
 */
#include <pcap.h>
#include <stdio.h>

static void nothing(u_char *user, const struct pcap_pkthdr *header, const u_char *octets)
{
	(void)user;
	(void)header;
	(void)octets;
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE] = "usage: null FILE";
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;

	if (!pcap || pcap_dispatch(pcap, -1, nothing, NULL) < 0) {
		fprintf(stderr, "null: %s\n", pcap ? pcap_geterr(pcap) : error);
		return 1;
	}
	pcap_close(pcap);
	return 0;
}
