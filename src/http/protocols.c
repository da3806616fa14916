/* SPDX-License-Identifier: MIT */
/* The protocols that a connection can speak: the one table by which the core knows them. */
#include "core/exchange.h"
#include "http/protocols.h"

const struct midge__protocol_ops *const midge__protocols[MIDGE__PROTOCOLS] = {
    [MIDGE__PROTOCOL_H1] = &midge__h1_ops,
#if MIDGE_WITH_HTTP2
    [MIDGE__PROTOCOL_H2] = &midge__h2_ops,
#endif
};
