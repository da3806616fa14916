/* SPDX-License-Identifier: MIT */
/* A request's body once more (rewind.c). */
#ifndef MIDGE_CORE_REWIND_H
#define MIDGE_CORE_REWIND_H

#include <stdbool.h>
#include "midge/config.h"

struct midge__transfer;

#if MIDGE_WITH_SOURCES
/* Rewinds the source of t if it was read. False: it cannot. It may end the request in between. */
bool midge__request_rewind(struct midge__transfer *t);
#else
static inline bool midge__request_rewind(struct midge__transfer *t)
{
    (void)t;
    return true;
}
#endif

#endif
