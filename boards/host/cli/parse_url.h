/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_CLI_PARSE_URL_H
#define MIDGE_CLI_PARSE_URL_H

/* midge parse-url URL [--base URL]: argv after the command's name. Returns the exit code. */
int parse_url(int argc, char **argv);

#endif
