/* SPDX-License-Identifier: MIT */
/* The carriers of this folder, for protocols.c. */
#ifndef MIDGE_HTTP_PROTOCOLS_H
#define MIDGE_HTTP_PROTOCOLS_H

#include "core/exchange.h"

extern const struct midge__protocol_ops midge__h1_ops; /* h1.c */
extern const struct midge__protocol_ops midge__h2_ops; /* h2.c, with MIDGE_WITH_HTTP2 */

#endif
