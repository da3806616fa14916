/* SPDX-License-Identifier: MIT */
/*
 * The configurations of connections whose verification or versions differ from the client's. Each
 * is made at its first use and kept until the client closes, so connections never copy one.
 */
#include "io/tls_internal.h"

#if MIDGE__TLS_WITH_CONFIGS

static uint8_t or_else(uint8_t value, uint8_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static bool is_same(const struct midge__tls_config *a, const struct midge__tls_config *b)
{
    return a->skip_verification == b->skip_verification && a->for_proxy == b->for_proxy &&
           a->offers_h2 == b->offers_h2 && a->min_version == b->min_version &&
           a->max_version == b->max_version;
}

/* Else a proxy's configuration is that of servers. */
static bool has_credential(const struct midge__tls_context *context)
{
    return midge__credential_in(context) || midge__psk_is_in(&context->config.ssl);
}

static void discard(struct midge__tls_context *context, struct midge__tls_config *config)
{
    mbedtls_ssl_config_free(&config->ssl);
    midge__memory_free(context->memory, config);
}

/* There are at most MIDGE__TLS_MORE_CONFIGS, and with HTTP/2 as many more and one. */
static struct midge__tls_config *add(struct midge__tls_context *context,
                                     const struct midge__tls_config *wanted)
{
    midge__memory_yield(context->memory, true);
    struct midge__tls_config *config =
        midge__memory_calloc(context->memory, MIDGE__OWNER_CLIENT, 1, sizeof *config);
    midge__memory_yield(context->memory, false);
    if (config == NULL) {
        return NULL;
    }
    *config = *wanted;
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    if (midge__tls_config_make(context, config) == 0) {
        config->next = context->config.next;
        context->config.next = config;
    } else {
        discard(context, config);
        config = NULL;
    }
    midge__tls_leave(outer);
    return config;
}

int midge__tls_config_get(struct midge__tls_context *context,
                          const struct midge__tls_params *params,
                          const struct midge__tls_config **out)
{
    const struct midge__tls_config wanted = {
        .skip_verification = params->skip_verification,
        .offers_h2 = MIDGE_WITH_HTTP2 && params->offers_h2,
        .for_proxy = params->for_proxy && has_credential(context),
        .min_version = or_else(params->min_version, context->config.min_version),
        .max_version = or_else(params->max_version, context->config.max_version)};
    const struct midge__tls_config *at = &context->config;
    while (at != NULL && !is_same(at, &wanted)) {
        at = at->next;
    }
    if (at == NULL && !midge__tls_config_legal(&wanted)) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    *out = at != NULL ? at : add(context, &wanted);
    return *out != NULL ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

void midge__tls_configs_close(struct midge__tls_context *context)
{
    while (context->config.next != NULL) {
        struct midge__tls_config *config = context->config.next;
        context->config.next = config->next;
        discard(context, config);
    }
}

#endif
