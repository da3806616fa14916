/* SPDX-License-Identifier: MIT */
/* The static table of HPACK (RFC 7541, appendix A). Indices are 1 to MIDGE__HPACK_STATIC. */
#ifndef MIDGE__HPACK_STATIC_H
#define MIDGE__HPACK_STATIC_H

#include "codec/hpack_tables.h"
#include "midge/span.h"

struct midge_span midge__hpack_static_name(unsigned index);
struct midge_span midge__hpack_static_value(unsigned index);

#endif
