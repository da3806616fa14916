/* SPDX-License-Identifier: MIT */
/* For torture.h: the first n bytes of midge_sim_fill as gzip; n is the same each time. */
#ifndef TORTURE_PACKED_H
#define TORTURE_PACKED_H

#include <midge/sim.h>

#include "unit/packed.h"

static inline const struct packed *torture_packed(size_t n)
{
    static struct packed packed;
    if (packed.len == 0) {
        packed_gzip(&packed, 0);
        packed_fixed(&packed, true);
        for (size_t i = 0; i < n; i++) {
            packed_symbol(&packed, midge_sim_fill(i));
            packed_decoded(&packed, midge_sim_fill(i));
        }
        packed_end(&packed);
        packed_gzip_end(&packed);
    }
    return &packed;
}

#endif
