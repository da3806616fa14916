/* SPDX-License-Identifier: MIT */
/* What a server says in Keep-Alive fields (RFC 2068 19.7.1): how long it keeps an idle connection,
   and how many more requests it takes there. */
#ifndef MIDGE__KEEP_ALIVE_H
#define MIDGE__KEEP_ALIVE_H

#include <stdint.h>

#include "midge/span.h"

#define MIDGE__KEEP_ALIVE_NONE UINT32_MAX /* not said, or no limit to speak of */

struct midge__keep_alive {
    uint32_t timeout_s;
    uint32_t max;
};

/* Reads one field's value into `hint`, which begins with NONE in both. Of several values the
 * smallest counts; what cannot be read is passed over. */
void midge__keep_alive_note(struct midge__keep_alive *hint, struct midge_span value);

#endif
