/* SPDX-License-Identifier: MIT */
/*
 * The parts of mbedTLS that exist once in a process: allocator, clock, PSA's key store and random
 * source, the ECC budget. Only tls_process.c changes such global state.
 *
 * Each call into mbedTLS is made between enter and leave, so that the allocator knows from which
 * memory to allocate and for which owner:
 *
 *     const struct midge__tls_scope *outer = midge__tls_enter(&impl->scope);
 *     ret = mbedtls_ssl_read(...);
 *     midge__tls_leave(outer);
 *
 * Scopes nest (TLS over a TLS proxy). Calls outside of any scope, the firmware's own, get
 * mbedTLS's default heap.
 */
#ifndef MIDGE_IO_TLS_PROCESS_H
#define MIDGE_IO_TLS_PROCESS_H

#include <stdbool.h>

#include <mbedtls/build_info.h>

#include "io/tls.h"

/*
 * Static memory for PSA's key slots, which live as long as the process. mbedTLS allocates them in
 * slices of 16, 32, 64, …; a TLS 1.3 connection needs four slots, and two more in its handshake.
 * 64-bit: 1,000 slots; 32-bit: 112 slots, 18 connections. Only builds with PSA have it.
 */
#ifndef MIDGE_PROCESS_HEAP
#define MIDGE_PROCESS_HEAP (sizeof(void *) > 4 ? 65536U : 8192U)
#endif

struct midge__tls_scope {
    struct midge__tls_context *context; /* NULL: not midge's call */
    unsigned owner;
    bool process; /* allocations live longer than every client */
    int64_t time; /* seconds since 1970 that mbedTLS judges dates by; of a stream's scope */
};

/* The current scope, never NULL. */
extern const struct midge__tls_scope *midge__tls_scope;

/* Begins a scope, which stays valid until leave. Returns the outer one, for leave. */
static inline const struct midge__tls_scope *midge__tls_enter(const struct midge__tls_scope *scope)
{
    const struct midge__tls_scope *outer = midge__tls_scope;
    midge__tls_scope = scope;
    return outer;
}

static inline void midge__tls_leave(const struct midge__tls_scope *outer)
{
    midge__tls_scope = outer;
}

/* Adds the context to the process; the first one installs the hooks. NO_MEMORY, ENTROPY. The
   context's memory, port and RNG must be ready. */
int midge__tls_process_open(struct midge__tls_context *context);
/* Before this call everything that mbedTLS allocated for the context must be freed. */
void midge__tls_process_close(struct midge__tls_context *context);

/* Has the process arena refused a request since the last reset? */
#if !defined(MIDGE_TLS_EXTERNAL) && defined(MBEDTLS_PSA_CRYPTO_C)
#define MIDGE__TLS_ARENA
bool midge__tls_process_failed(void);
void midge__tls_process_failed_reset(void);
#else
#define midge__tls_process_failed()       false
#define midge__tls_process_failed_reset() ((void)0)
#endif

#endif
