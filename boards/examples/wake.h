/* SPDX-License-Identifier: MIT */
/*
 * A device that sleeps deeply and wakes only to post: it imports the sessions of the last time
 * (midge/sessions.h), posts once, exports them again, and may sleep. On a Cortex-M3 all of that
 * takes less than a million instructions with TLS 1.2, and 60 million without the sessions.
 * tests/boards/wake.c runs it with real resets, tests/sim/test_tls_sessions.c in the simulation.
 */
#ifndef WAKE_H
#define WAKE_H

#include <stddef.h>
#include <stdint.h>

#include <midge/midge.h>

/* Memory that a sleep keeps: a page of flash, or RAM with a supply of its own. */
struct wake_memory {
    /* Reads what was kept, at most cap bytes, and erases it before it returns, so that each ticket
       is used once. Returns how many bytes; 0: there are none. */
    size_t (*take)(struct wake_memory *memory, uint8_t *block, size_t cap);
    /* Keeps these bytes. MIDGE_OK, or an error. */
    int (*keep)(struct wake_memory *memory, const uint8_t *block, size_t len);
};

/* block: scratch for the sessions, 1 KB for one server. Returns the error of the post; the rest
   (no sessions, damaged ones, no room to keep them) costs only a full handshake. */
int wake_post(struct midge_client *client, const struct midge_request *post,
              struct wake_memory *memory, uint8_t *block, size_t cap, struct midge_result *result);

#endif
