/* SPDX-License-Identifier: MIT */
/*
 * Makes mbedTLS configurations. All of them make the same choices, below, and differ only in
 * verification and versions.
 */
#include "io/tls_internal.h"

#include <midge/config.h>

/* --- fixed choices --- */

/*
 * Forward secrecy and AEAD only; a static RSA or CBC suite of an external build is not offered.
 * mbedTLS skips suites that it was built without. For chips without AES instructions
 * ChaCha20-Poly1305 comes first: 63, not 165 M instructions a MB on a Cortex-M3, 0.9 KB less for
 * each connection, and no table look-ups by secret bytes.
 */
const int midge__tls_ciphersuites[] = {
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
#if defined(MIDGE__HAS_X25519)
                                  MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
#if defined(MIDGE__HAS_P384)
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
#endif
#if defined(MIDGE__HAS_P521)
                                  MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
#endif
                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

#if defined(MBEDTLS_SSL_ALPN)
/* The protocols' names (RFC 9113 3.1, RFC 9110); a server may leave ALPN unanswered. */
static const char *alpn[] = {
#if MIDGE_WITH_HTTP2
    "h2",
#endif
    "http/1.1", NULL};

static int set_alpn(mbedtls_ssl_config *conf, const struct midge__tls_config *config)
{
    const bool skips_h2 = MIDGE_WITH_HTTP2 && !config->offers_h2;
    return mbedtls_ssl_conf_alpn_protocols(conf, alpn + skips_h2);
}
#else
#define set_alpn(conf, config) 0
#endif

/* --- configurations --- */

static mbedtls_ssl_protocol_version version_of(uint8_t version)
{
    return version == MIDGE_TLS_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

/* A profile with one version has it by default. */
static void set_versions(mbedtls_ssl_config *conf, const struct midge__tls_config *config)
{
    if (MIDGE__TLS_MIN_VERSION != MIDGE__TLS_MAX_VERSION) {
        mbedtls_ssl_conf_min_tls_version(conf, version_of(config->min_version));
        mbedtls_ssl_conf_max_tls_version(conf, version_of(config->max_version));
    }
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

/* The proofs of the client. */
static int use_credentials(struct midge__tls_context *context, mbedtls_ssl_config *conf)
{
    int ret = midge__credential_use(context, conf);
    return ret == 0 ? midge__psk_share(conf, &context->config.ssl) : ret;
}

bool midge__tls_has_version(unsigned version)
{
    return version >= MIDGE__TLS_MIN_VERSION && version <= MIDGE__TLS_MAX_VERSION &&
           (version == MIDGE_TLS_1_2 || version == MIDGE_TLS_1_3);
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
    midge__ssl_conf_rng(conf, context);
    set_versions(conf, config);
    mbedtls_ssl_conf_authmode(conf, config->skip_verification ? MBEDTLS_SSL_VERIFY_NONE
                                                              : MBEDTLS_SSL_VERIFY_REQUIRED);
    /* Without roots: an empty list, which no certificate matches, for MIDGE_PIN_ONLY. */
    bool has_list = MIDGE_WITH_PINS || midge__trust_any(&context->trust);
    mbedtls_ssl_conf_ca_chain(conf, has_list ? &context->trust.roots : NULL, NULL);
    midge__roots_by_callback(conf, &context->trust);
    mbedtls_ssl_conf_ciphersuites(conf, midge__tls_ciphers(context));
    mbedtls_ssl_conf_groups(conf, groups);
    set_tls13(conf);
    set_tickets(conf, context->limits.max_ticket > 0);
    ret = config->for_proxy ? 0 : use_credentials(context, conf);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
    ret = ret == 0 ? set_alpn(conf, config) : ret;
    if (ret == 0 && config->max_version == MIDGE_TLS_1_2 &&
        midge__credential_fits(context, midge__tls_fragment())) {
        /* OpenSSL sends an alert to a client that asks for this and also offers TLS 1.3. */
        ret = midge__tls_ask_fragment(conf);
    }
    return ret;
}
