/* SPDX-License-Identifier: MIT */
/*
 * What mbedTLS keeps one of for a whole process: allocator, clock, PSA's key store and random
 * source, the ECC budget. Everything global that midge touches is in tls_process.c.
 *
 * Each call into mbedTLS is made between enter and leave, so that the allocator knows whose memory
 * to take and whose name to write on it:
 *
 *     struct midge__tls_scope outer = midge__tls_enter(context, owner);
 *     ret = mbedtls_ssl_read(...);
 *     midge__tls_leave(outer);
 *
 * Scopes nest (TLS over a TLS proxy). Calls outside of any scope, the firmware's own, get
 * mbedTLS's default heap.
 */
#ifndef MIDGE_IO_TLS_PROCESS_H
#define MIDGE_IO_TLS_PROCESS_H

#include <stdbool.h>

#include "io/tls.h"

/*
 * Static memory for what lives as long as the process: PSA's key slots. mbedTLS allocates them in
 * slices of 16, 32, 64, …, four slots a TLS 1.3 connection and two more in its handshake. 64-bit:
 * 1,000 slots; 32-bit: 112 slots, 18 connections. Only builds with PSA have it.
 */
#ifndef MIDGE_PROCESS_HEAP
#define MIDGE_PROCESS_HEAP (sizeof(void *) > 4 ? 65536U : 8192U)
#endif

struct midge__tls_scope {
    struct midge__tls_context *context; /* NULL: not midge's call */
    unsigned owner;
    bool process; /* what is allocated outlives every client */
};

struct midge__tls_scope midge__tls_enter(struct midge__tls_context *context, unsigned owner);
void midge__tls_leave(struct midge__tls_scope outer);
/* The context of the current scope; NULL: outside of midge's. */
struct midge__tls_context *midge__tls_scope(void);

/* Joins the process: installs the hooks at the first time. NO_MEMORY, ENTROPY. The context's
   memory, port and RNG must be ready. */
int midge__tls_process_open(struct midge__tls_context *context);
/* Nothing that mbedTLS allocated for this context may be left. */
void midge__tls_process_close(struct midge__tls_context *context);

/* Whether an mbedTLS code, combined ones too, says that memory was short. tls_error.c. */
bool midge__tls_out_of_memory(int native);

/* Whether the process arena has refused a request since the last reset. */
bool midge__tls_process_failed(void);
void midge__tls_process_failed_reset(void);

#endif
