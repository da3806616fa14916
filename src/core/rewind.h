/* SPDX-License-Identifier: MIT */
/* A request's body once more (rewind.c). */
#ifndef MIDGE_CORE_REWIND_H
#define MIDGE_CORE_REWIND_H

#include <stdbool.h>
#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_WITH_SOURCES
/* Rewinds the source of t if it was read. False: it cannot. It may end the request in between. */
bool midge__request_rewind(struct midge__transfer *t);
static inline bool midge__request_can_rewind(const struct midge__transfer *t)
{
    return !t->source_begun || t->request->source->rewind != NULL;
}
#else
static inline bool midge__request_can_rewind(const struct midge__transfer *t)
{
    (void)t;
    return true;
}
static inline bool midge__request_rewind(struct midge__transfer *t)
{
    (void)t;
    return true;
}
#endif
/* For a request that goes on after an answer. False: it has ended, since its source cannot, or the
   client is being closed. */
bool midge__request_rewind_or_end(struct midge__transfer *t);

#endif
