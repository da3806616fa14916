/* SPDX-License-Identifier: MIT */
/*
 * Shared by all connections of a client: trusted roots, random generator, mbedTLS's configuration.
 * Others, with another verification or other versions, are in tls_configs.c.
 */
#include "io/tls_internal.h"

#include <string.h>

#include <mbedtls/version.h>
#include <midge/config.h>

static void take_settings(struct midge__tls_context *context, const struct midge_tls *settings)
{
    uint8_t min = settings->min_version, max = settings->max_version;
    context->config.min_version = min != 0 ? min : MIDGE__TLS_MIN_VERSION;
    context->config.max_version = max != 0 ? max : MIDGE__TLS_MAX_VERSION;
    context->config.skip_verification = settings->dangerously_skip_verification != 0;
#if MIDGE_KEYLOG
    context->on_key = settings->on_key;
    context->key_ctx = settings->key_ctx;
#endif
    midge__tls_ciphers_set(context, settings->ciphers);
    context->time_floor = settings->time_floor != 0 ? settings->time_floor : MIDGE_TIME_FLOOR;
}

static int fill_context(struct midge__tls_context *context, const struct midge_tls *settings)
{
    int err = midge__tls_process_open(context);
    if (err != MIDGE_OK) {
        return err;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    err = midge__trust_open(&context->trust, context->memory, settings);
    if (err == MIDGE_OK) {
        err = midge__credential_open(context, settings->credential);
    }
    if (err == MIDGE_OK && midge__tls_config_make(context, &context->config) != 0) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    if (err == MIDGE_OK) {
        err = midge__psk_open(&context->config.ssl, settings->psk);
    }
    midge__tls_leave(outer);
    return err;
}

#if MIDGE_WITH_SESSION_STORE
int midge__tls_warm(struct midge__tls_context *context)
{
    if (context->warm) {
        return 0;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    midge__memory_failed_reset(context->memory);
    midge__memory_yield(context->memory, true);
    context->warm = midge__trust_warm(&context->trust, context->memory) == MIDGE_OK;
    midge__memory_yield(context->memory, false);
    midge__tls_leave(outer);
    return context->warm ? 0 : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}
#endif

int midge__tls_context_open(struct midge__tls_context **out, struct midge__memory *memory,
                            struct midge_port *port, const struct midge_tls *settings,
                            const struct midge__tls_limits *limits)
{
    *out = NULL;
    struct midge__tls_context *context =
        midge__memory_calloc(memory, MIDGE__OWNER_CLIENT, 1,
                             sizeof *context + (MIDGE_WITH_READ_AHEAD ? limits->read_ahead : 0U));
    if (context == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    context->scope = (struct midge__tls_scope){.context = context, .owner = MIDGE__OWNER_CLIENT};
    context->memory = memory;
    context->port = port;
    context->limits = *limits;
    midge__tls_random_init(&context->drbg);
    take_settings(context, settings);
    bool legal = midge__tls_config_legal(&context->config) &&
                 midge__tls_ciphers_legal(&context->config, settings->ciphers);
    int err = legal ? MIDGE_OK : MIDGE_ERR_UNSUPPORTED;
    if (err == MIDGE_OK && midge__tls_random_seed(&context->drbg, port) != 0) {
        err = MIDGE_ERR_ENTROPY;
    }
    if (err == MIDGE_OK) {
        err = fill_context(context, settings);
    }
    if (err != MIDGE_OK) {
        midge__tls_context_close(context);
        return err;
    }
    *out = context;
    return MIDGE_OK;
}

void midge__tls_context_close(struct midge__tls_context *context)
{
    if (context == NULL) {
        return;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    midge__tls_configs_close(context);
    mbedtls_ssl_config_free(&context->config.ssl);
    midge__trust_close(&context->trust);
    midge__credential_close(context);
    midge__tls_random_free(&context->drbg);
    midge__tls_leave(outer);
    midge__tls_process_close(context);
    midge__memory_free(context->memory, context);
}

const char *midge_tls_profile(void)
{
    return MIDGE__PICK("full", "small", "tiny");
}

const char *midge_tls_library(void)
{
    return "mbedTLS " MBEDTLS_VERSION_STRING;
}
