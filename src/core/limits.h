/* SPDX-License-Identifier: MIT */
/* Limits and sizes: defaults of the configuration (defaults.c), and the memory that they need
   (limits.c). */
#ifndef MIDGE_CORE_LIMITS_H
#define MIDGE_CORE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include "midge/client.h"

void midge__config_defaults(struct midge_config *config, const struct midge_config *from);
/* Sets *field to `most` if it is larger. */
static inline void midge__at_most(uint16_t *field, size_t most)
{
    if (most < *field) {
        *field = (uint16_t)most;
    }
}
/* True: all durations are in the valid range. */
bool midge__timeouts_valid(const struct midge_timeouts *timeouts);
/* Lowers max_connections and max_handshakes to the numbers that a block of that size holds; returns
   the number of pairs of record slots. 0: the block is smaller than midge_memory_least. */
unsigned midge__config_fit(struct midge_config *config, size_t size);
/* Timers that are armed at the same time, at most: one of each awaitable, two of each connection;
   with rates one of the client, of each origin with a request that waits, and of each origin with a
   connection whose last request has just gone. */
static inline size_t midge__timers_most(size_t awaitables, size_t connections)
{
    return (1 + MIDGE_WITH_RATE) * awaitables + (2 + MIDGE_WITH_RATE) * connections +
           MIDGE_WITH_RATE;
}
/* Places of the table of origins: a power of two. */
uint32_t midge__origin_buckets(const struct midge_config *config);
/* Bytes of small blocks, at most. opening: a connection being opened, with its exchange, and with
   its handshake if `shakes`; working: the same after its
   handshake, without the connection itself; exchange: an exchange; piece: the largest block of an
   exchange. layers: TLS streams, one on the other; 0 none. spare_head: the spare buffer for a head;
   0: none. */
size_t midge__opening_bytes(unsigned layers, bool resumes, bool shakes);
size_t midge__working_bytes(unsigned layers);
size_t midge__exchange_bytes(void);
size_t midge__exchange_piece(void);
size_t midge__spare_head(const struct midge_config *config);
/* Bytes of a connection that is alone, at most, from its opening to its end: a head of usual size
   included. */
size_t midge__lonely_bytes(const struct midge_config *config);

#endif
