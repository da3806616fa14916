/* SPDX-License-Identifier: MIT */
/* --pinnedpubkey. */
#ifndef MIDGE_CLI_PINNED_H
#define MIDGE_CLI_PINNED_H

#include <midge/pins.h>

#include "options.h"

/* The pins of a group, for every host that it asks; NULL: it has none. With -k they replace the
   verification. warn: a text that no key can match is told on stderr. */
const struct midge_pins *pinned_parse(struct keep *keep, const struct group *group, int warn);

#endif
