/* command: the table of commands (name, function, one line) and the way from argv to one of them. */
#ifndef LASTACK_CLI_COMMAND_H
#define LASTACK_CLI_COMMAND_H

/* Runs the program; returns its exit status (enum err_code). */
int command_main(int argc, char **argv);

#endif
