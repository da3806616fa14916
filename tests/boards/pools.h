/* SPDX-License-Identifier: MIT */
/* What lwIP has given out: for tests that nothing of it is lost. */
#ifndef TESTS_BOARDS_POOLS_H
#define TESTS_BOARDS_POOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/memp.h>

struct pools {
    uint32_t used[MEMP_MAX]; /* by pool */
    uint32_t heap;           /* bytes */
};

/* Counts now. PCBs in TIME_WAIT are not counted: they are lwIP's own, and a new connection takes
   one of them when there is no other. */
void pools_count(struct pools *pools);

/* Is no more in use than before, and no connection open? If there is more, *name says of which
   pool. */
bool pools_are_back(const struct pools *before, const char **name);

#endif
