/* main: hands the arguments to the command table. */
#include "cli/command.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
