/* SPDX-License-Identifier: MIT */
/*
 * Who has how much of the client's block now: for pictures of it, and for a console of a device.
 *
 *     struct midge_memory_use use;
 *     for (unsigned owner = 0; owner < midge_memory_of(client, owner, &use); owner++) {
 *         printf("%u: %zu, %zu in TLS records\n", owner, use.small, use.records);
 *     }
 */
#ifndef MIDGE_MEMORY_USE_H
#define MIDGE_MEMORY_USE_H

#include <stddef.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_STATS

struct midge_client;

/* Bytes, headers and rounding included. */
struct midge_memory_use {
    size_t small;   /* blocks of any size */
    size_t records; /* buffers of TLS records; 0 without MIDGE_WITH_RECORD_SLOTS */
};

/*
 * The bytes of one owner. Owner 0 is the client: requests, sessions, trust, the blocks of
 * midge_alloc. Owners 1 to max_connections are places for connections; a place is used again when
 * its connection has closed. An owner that does not exist has nothing.
 *
 * Returns the number of owners. The sums of all of them together are alloc_live of midge_stats. It
 * only reads, so the functions of the port may call it too.
 */
unsigned midge_memory_of(const struct midge_client *client, unsigned owner,
                         struct midge_memory_use *use);

#endif

#ifdef __cplusplus
}
#endif
#endif
