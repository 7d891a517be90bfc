/* cmd_help: lastack help [COMMAND]. */
#include "base/near.h"
#include "cli/command.h"

enum err_code cmd_help(const struct options *o, struct err *err)
{
	const struct command *command = o->operand_count ? command_find(o->operands[0]) : NULL;

	if (o->operand_count && !command) {
		struct near near = near_begin(o->operands[0]);

		for (unsigned i = 0; i < command_count; i++)
			near_offer(&near, commands[i].name);
		if (near.word[0])
			err_set(err, ERR_USAGE, "unknown command '%s' (did you mean '%s'?)", o->operands[0], near.word);
		else
			err_set(err, ERR_USAGE, "unknown command '%s' (lastack help lists them)", o->operands[0]);
		return ERR_USAGE;
	}
	command_help(command);
	return ERR_NONE;
}
