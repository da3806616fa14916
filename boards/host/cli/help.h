/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_CLI_HELP_H
#define MIDGE_CLI_HELP_H

/* Prints on stdout. 0, or EXIT_WRITE. */
int help_show(void);
int help_apps(void);
int help_version(void);

#endif
