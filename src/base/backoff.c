/* SPDX-License-Identifier: MIT */
/* Waits have full jitter, so that clients that failed together do not come back together. */
#include "base/backoff.h"

#include <string.h>

#include "midge/err.h"

uint32_t midge__backoff(uint32_t first_ms, uint32_t most_ms, unsigned nth, uint32_t chance)
{
    uint32_t most = first_ms;
    for (; nth > 0 && most < most_ms; nth--) {
        most = most > most_ms / 2 ? most_ms : most * 2;
    }
    most = most < most_ms ? most : most_ms;
    return (uint32_t)((uint64_t)chance * ((uint64_t)most + 1) >> 32);
}

uint32_t midge__chance(const struct midge_port *port, uint32_t otherwise)
{
    uint8_t bytes[sizeof(uint32_t)];
    if (port->entropy(port->ctx, bytes, sizeof bytes) == MIDGE_OK) {
        memcpy(&otherwise, bytes, sizeof otherwise);
    }
    return otherwise;
}
