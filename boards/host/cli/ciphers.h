/* SPDX-License-Identifier: MIT */
/* --ciphers and --tls13-ciphers. */
#ifndef MIDGE_CLI_CIPHERS_H
#define MIDGE_CLI_CIPHERS_H

#include "options.h"

/* Sets options->ciphers for midge_config, NULL if neither option is given. 0, or EXIT_USAGE after
   one line on stderr. */
int ciphers_parse(struct options *options);

#endif
