/* SPDX-License-Identifier: MIT */
/*
 * Shared by all connections of a client: trusted roots, random generator, mbedTLS's configuration.
 * Others, with another verification or other versions, are in tls_configs.c.
 */
#include "io/tls_internal.h"
#include "io/tls_random.h"

#include <string.h>

#include <mbedtls/version.h>
#include <midge/config.h>

/* --- fixed choices --- */

/*
 * Forward secrecy and AEAD only; a static RSA or CBC suite of an external build is not offered.
 * mbedTLS skips suites that it was built without. For chips without AES instructions
 * ChaCha20-Poly1305 comes first: 63, not 165 M instructions a MB on a Cortex-M3, 0.9 KB less for
 * each connection, and no table look-ups by secret bytes.
 */
static const int ciphersuites[] = {
#if !defined(MIDGE_PROFILE_FULL)
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
#endif
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_128_CCM_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#if defined(MIDGE_PROFILE_FULL)
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    0};

/* P-256 first: it is the only group that yields (ECP_RESTARTABLE), and the cheapest here. */
static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED)
                                  MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
#endif
#if defined(MBEDTLS_ECP_DP_SECP521R1_ENABLED)
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
#endif
                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

#if defined(MBEDTLS_SSL_ALPN)
/* The protocol's name in RFC 9110; a server may leave ALPN unanswered. */
static const char *alpn[] = {"http/1.1", NULL};
#endif

/* --- configurations --- */

static mbedtls_ssl_protocol_version version_of(uint8_t version)
{
    return version == MIDGE_TLS_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

static void set_tls13(mbedtls_ssl_config *conf)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    /* Also with resumption, a fresh key exchange: a stolen ticket key does not decrypt old
       connections. */
    mbedtls_ssl_conf_tls13_key_exchange_modes(conf,
                                              MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
#else
    (void)conf;
#endif
}

/* Tickets that no connection will use are not asked for: they take memory, and work to read. */
static void set_tickets(mbedtls_ssl_config *conf, bool wanted)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_ssl_conf_session_tickets(conf, wanted ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                                  : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) &&                                                           \
    defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        conf, wanted ? MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED
                     : MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_DISABLED);
#endif
#else
    (void)conf;
    (void)wanted;
#endif
}

bool midge__tls_config_legal(const struct midge__tls_config *config)
{
    return config->min_version <= config->max_version &&
           midge__tls_has_version(config->min_version) &&
           midge__tls_has_version(config->max_version);
}

int midge__tls_config_make(struct midge__tls_context *context, struct midge__tls_config *config)
{
    mbedtls_ssl_config *conf = &config->ssl;
    mbedtls_ssl_config_init(conf);
    int ret = mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                          MBEDTLS_SSL_PRESET_DEFAULT);
    if (ret != 0) {
        return ret;
    }
    mbedtls_ssl_conf_rng(conf, mbedtls_ctr_drbg_random, &context->drbg);
    mbedtls_ssl_conf_min_tls_version(conf, version_of(config->min_version));
    mbedtls_ssl_conf_max_tls_version(conf, version_of(config->max_version));
    mbedtls_ssl_conf_authmode(conf, config->skip_verification ? MBEDTLS_SSL_VERIFY_NONE
                                                              : MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(conf, context->trust.count > 0 ? &context->trust.roots : NULL, NULL);
    mbedtls_ssl_conf_ciphersuites(conf, ciphersuites);
    mbedtls_ssl_conf_groups(conf, groups);
    set_tls13(conf);
    set_tickets(conf, context->limits.max_ticket > 0);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_ALPN)
    ret = mbedtls_ssl_conf_alpn_protocols(conf, alpn);
#endif
    if (ret == 0 && config->max_version == MIDGE_TLS_1_2) {
        /* OpenSSL sends an alert to a client that asks for this and also offers TLS 1.3. */
        ret = midge__tls_ask_fragment(conf);
    }
    return ret;
}

/* --- opening and closing --- */

static void take_settings(struct midge__tls_context *context, const struct midge_tls *settings)
{
    uint8_t min = settings->min_version, max = settings->max_version;
    context->config.min_version = min != 0 ? min : MIDGE__TLS_MIN_VERSION;
    context->config.max_version = max != 0 ? max : MIDGE__TLS_MAX_VERSION;
    context->config.skip_verification = settings->dangerously_skip_verification != 0;
    context->time_floor = settings->time_floor != 0 ? settings->time_floor : MIDGE_TIME_FLOOR;
}

static int fill_context(struct midge__tls_context *context, const struct midge_tls *settings)
{
    int err = midge__tls_process_open(context);
    if (err != MIDGE_OK) {
        return err;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    err = midge__trust_open(&context->trust, context->memory, settings->ca, settings->ca_len);
    if (err == MIDGE_OK && midge__tls_config_make(context, &context->config) != 0) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    midge__tls_leave(outer);
    return err;
}

int midge__tls_context_open(struct midge__tls_context **out, struct midge__memory *memory,
                            struct midge_port *port, const struct midge_tls *settings,
                            const struct midge__tls_limits *limits)
{
    *out = NULL;
    struct midge__tls_context *context =
        midge__memory_calloc(memory, MIDGE__OWNER_CLIENT, 1, sizeof *context + limits->read_ahead);
    if (context == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    context->scope = (struct midge__tls_scope){.context = context, .owner = MIDGE__OWNER_CLIENT};
    context->memory = memory;
    context->port = port;
    context->limits = *limits;
    mbedtls_ctr_drbg_init(&context->drbg);
    take_settings(context, settings);
    int err = midge__tls_config_legal(&context->config) ? MIDGE_OK : MIDGE_ERR_UNSUPPORTED;
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
    mbedtls_ctr_drbg_free(&context->drbg);
    midge__tls_leave(outer);
    midge__tls_process_close(context);
    midge__memory_free(context->memory, context);
}

bool midge__tls_has_version(unsigned version)
{
    return version >= MIDGE__TLS_MIN_VERSION && version <= MIDGE__TLS_MAX_VERSION &&
           (version == MIDGE_TLS_1_2 || version == MIDGE_TLS_1_3);
}

const char *midge_tls_profile(void)
{
    return MIDGE__PICK("full", "small", "tiny");
}

const char *midge_tls_library(void)
{
    return "mbedTLS " MBEDTLS_VERSION_STRING;
}
