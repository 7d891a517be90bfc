#include "base/near.h"

#include "tests/lib/tap.h"

static const char *nearest(const char *wrong, const char *const *known)
{
	static struct near near;

	near = near_begin(wrong);
	for (; *known; known++)
		near_offer(&near, *known);
	return near.word;
}

int main(void)
{
	static const char *const words[] = {"port", "portrange", "host", "list", "ls", NULL};
	static const char *const files[] = {"edge.pcapng", "other.pcap", NULL};
	char longest[400];

	tap_equal_text(nearest("prt", words), "port", "a letter left out is found");
	tap_equal_text(nearest("prot", words), "port", "two neighbours swapped are one change");
	tap_equal_text(nearest("lst", words), "list", "of equally near words the first one wins");
	tap_equal_text(nearest("edge.pcap", files), "edge.pcapng", "two letters too few are found");
	tap_equal_text(nearest("edge", files), "", "what is further away is not offered");
	tap_equal_text(nearest("xs", words), "ls", "one of two letters may be wrong");
	tap_equal_text(nearest("xy", words), "", "a word that shares nothing is not offered");
	tap_equal_text(nearest("", words), "", "nothing is near to nothing");
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	tap_equal_text(nearest(longest, words), "", "an absurdly long word is near to nothing");
	return tap_end();
}
