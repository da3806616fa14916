/* SPDX-License-Identifier: MIT */
/*
 * The only file that changes mbedTLS state shared by all its users in a process:
 *
 *     mbedtls_platform_set_calloc_free   owned builds: from the first client on, never undone
 *     mbedtls_platform_set_time          owned builds: the port's clock of the scope
 *     mbedtls_ms_time                    owned builds: the same
 *     mbedtls_psa_external_get_random    owned builds: the scope's generator
 *     psa_crypto_init                    never undone: others may hold keys
 *     mbedtls_ecp_set_max_ops            the value of the client opened last; 4.x: PSA's
 *
 * Not thread safe across clients, as mbedTLS itself is not without MBEDTLS_THREADING_C.
 */
#include "io/tls_internal.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>

#include "base/check.h"
#include "io/tls_key_slot.h"
#include "io/tls_random.h"
#include <midge/config.h>

#if !defined(MIDGE_TLS_EXTERNAL)
#define OWNED 1
#if !defined(MBEDTLS_PLATFORM_MEMORY) || defined(MBEDTLS_PLATFORM_CALLOC_MACRO)
#error "midge's own mbedTLS needs MBEDTLS_PLATFORM_MEMORY; for any other build MIDGE_TLS_EXTERNAL"
#endif
#endif

static struct midge__tls_context *contexts;

static const struct midge__tls_scope outside = {.time = MIDGE_TIME_FLOOR};
const struct midge__tls_scope *midge__tls_scope = &outside;

/* --- allocation --- */

#if !defined(MIDGE__TLS_ARENA)
#define arena_open() ((int)MIDGE_OK)
#else
static struct midge__memory arena;
static uint64_t arena_block[MIDGE_PROCESS_HEAP / sizeof(uint64_t)];

static int arena_open(void)
{
    return arena.owners != 0 ? MIDGE_OK
                             : midge__memory_init(&arena, arena_block, sizeof arena_block, 1);
}

/*
 * The key store grows while some connection needs one more key, but all connections use the new
 * slice. With that connection's tag it would be freed while others still have keys in it.
 */
static bool is_key_slice(size_t count, size_t size)
{
    return count >= 16 && size == midge__tls_key_slot();
}

static void *arena_calloc(size_t count, size_t size)
{
    return midge__memory_calloc(&arena, MIDGE__OWNER_CLIENT, count, size);
}

static bool arena_free(void *p)
{
    if (!midge__memory_owns(&arena, p)) {
        return false;
    }
    midge__memory_free(&arena, p);
    return true;
}

bool midge__tls_process_failed(void)
{
    return midge__memory_failed(&arena);
}

void midge__tls_process_failed_reset(void)
{
    midge__memory_failed_reset(&arena);
}
#endif

#if defined(OWNED)
/* The allocator that mbedTLS would use without midge, for the firmware's own calls. */
#if defined(MBEDTLS_PLATFORM_STD_CALLOC) && defined(MBEDTLS_PLATFORM_STD_FREE)
static void *outside_calloc(size_t count, size_t size)
{
    return MBEDTLS_PLATFORM_STD_CALLOC(count, size);
}

static void outside_free(void *p)
{
    MBEDTLS_PLATFORM_STD_FREE(p);
}
#else
static void *outside_calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    return NULL;
}

static void outside_free(void *p)
{
    (void)p;
}
#endif

static void *hook_calloc(size_t count, size_t size)
{
    const struct midge__tls_scope *scope = midge__tls_scope;
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (scope->process || is_key_slice(count, size)) {
        return arena_calloc(count, size);
    }
#endif
    if (scope->context == NULL) {
        return outside_calloc(count, size);
    }
    return midge__memory_calloc(scope->context->memory, scope->owner, count, size);
}

/* Finds the owner by address, not by scope: a client may free memory in another's scope. */
static void hook_free(void *p)
{
    if (p == NULL) {
        return;
    }
    for (struct midge__tls_context *at = contexts; at != NULL; at = at->next) {
        if (midge__memory_owns(at->memory, p)) {
            midge__memory_free(at->memory, p);
            return;
        }
    }
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (arena_free(p)) {
        return;
    }
#endif
    outside_free(p);
}
#endif

/* --- clocks --- */

#if defined(OWNED) && defined(MBEDTLS_PLATFORM_TIME_ALT)
/* For the dates of certificates (tls_dates.c): the same time during a handshake. */
static mbedtls_time_t hook_time(mbedtls_time_t *out)
{
    mbedtls_time_t now = (mbedtls_time_t)midge__tls_scope->time;
    if (out != NULL) {
        *out = now;
    }
    return now;
}
#endif

#if defined(OWNED) && defined(MBEDTLS_PLATFORM_MS_TIME_ALT)
mbedtls_ms_time_t mbedtls_ms_time(void)
{
    struct midge__tls_context *context = midge__tls_scope->context;
    if (context == NULL) {
        return 0;
    }
    /* The age of a ticket must not become negative when the port's clock wraps. */
    context->ms += context->port->clock_ms(context->port->ctx) - (uint32_t)context->ms;
    return (mbedtls_ms_time_t)context->ms;
}
#endif

/* --- randomness --- */

#if defined(OWNED) && defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *unused,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)unused;
    *output_length = 0;
    if (midge__tls_scope->context == NULL ||
        midge__tls_random(&midge__tls_scope->context->drbg, output, output_size) != 0) {
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}
#endif

/* --- joining and leaving --- */

static int psa_open(struct midge__tls_context *context)
{
#if MIDGE__HAS_PSA
    const struct midge__tls_scope process_scope = {.context = context, .process = true};
    const struct midge__tls_scope *outer = midge__tls_enter(&process_scope);
    psa_status_t status = psa_crypto_init();
    midge__tls_leave(outer);
    if (status == PSA_ERROR_INSUFFICIENT_MEMORY) {
        return MIDGE_ERR_NO_MEMORY;
    }
    return status == PSA_SUCCESS ? MIDGE_OK : MIDGE_ERR_ENTROPY;
#else
    (void)context;
    return MIDGE_OK;
#endif
}

/* The same each time. */
static void set_hooks(void)
{
#if defined(OWNED)
    (void)mbedtls_platform_set_calloc_free(hook_calloc, hook_free);
#if defined(MBEDTLS_PLATFORM_TIME_ALT)
    (void)mbedtls_platform_set_time(hook_time);
#endif
#endif
}

int midge__tls_process_open(struct midge__tls_context *context)
{
    int err = arena_open();
    if (err != MIDGE_OK) {
        return err;
    }
    set_hooks();
    err = psa_open(context);
    if (err != MIDGE_OK) {
        return err;
    }
    midge__ecc_max_ops(context->limits.ecp_max_ops);
    context->next = contexts;
    contexts = context;
    return MIDGE_OK;
}

void midge__tls_process_close(struct midge__tls_context *context)
{
    for (struct midge__tls_context **at = &contexts; *at != NULL; at = &(*at)->next) {
        if (*at == context) {
            *at = context->next;
            return;
        }
    }
}
