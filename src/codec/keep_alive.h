/* SPDX-License-Identifier: MIT */
/* Keep-Alive fields (RFC 2068 19.7.1): how long the server keeps an idle connection, and how many
   more requests it accepts there. */
#ifndef MIDGE__KEEP_ALIVE_H
#define MIDGE__KEEP_ALIVE_H

#include <stdint.h>

#include "midge/config.h"
#include "midge/span.h"

#define MIDGE__KEEP_ALIVE_NONE UINT32_MAX /* not given, or too large to matter */

struct midge__keep_alive {
    uint32_t timeout_s;
    uint32_t max;
};

#if MIDGE_WITH_KEEP_ALIVE_HINTS
/* Reads one field's value into `hint`, whose two members begin with NONE. Of several values the
 * smallest counts; text that cannot be read is skipped. */
void midge__keep_alive_note(struct midge__keep_alive *hint, struct midge_span value);
#else
static inline void midge__keep_alive_note(struct midge__keep_alive *hint, struct midge_span value)
{
    (void)hint;
    (void)value;
}
#endif

#endif
