/* SPDX-License-Identifier: MIT */
/* -H "Expect: 100-continue", --expect100-timeout. */
#ifndef MIDGE_CLI_EXPECT_H
#define MIDGE_CLI_EXPECT_H

#include "headers.h"
#include "options.h"

/* Takes the header away, if it is among them. Milliseconds that the body waits; 0: it does not. */
uint32_t expect_take(const struct group *group, struct headers *headers);

#endif
