/* command: see command.h. */
#include "cli/command.h"

int command_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
