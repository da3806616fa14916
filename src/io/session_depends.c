/* SPDX-License-Identifier: MIT */
/*
 * All that the sessions of a client depend on, beside the identity that each of them keeps: midge
 * and mbedTLS, the profile, the settings of TLS, the roots, the client's pins, its certificate and
 * its pre-shared key. Another client's block has another digest, so it cannot be opened.
 */
#include "io/session_store.h"

#if MIDGE_WITH_SESSION_STORE

#include <string.h>

#include <midge/hash.h>
#include <midge/version.h>

#include "io/tls_internal.h"

/* With its length, so that no two lists of texts are the same bytes. */
static void add(struct midge_sha256 *hash, const void *bytes, size_t len)
{
    const uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    midge_sha256_update(hash, length, sizeof length);
    midge_sha256_update(hash, bytes, len);
}

static void add_settings(struct midge_sha256 *hash, const struct midge__tls_context *context)
{
    const struct midge__tls_config *config = &context->config;
    const uint8_t settings[] = {config->min_version, config->max_version, config->skip_verification,
                                MIDGE__PICK('f', 's', 't'), (uint8_t)sizeof(void *)};
    static const char version[] = MIDGE_VERSION;
    const char *library = midge_tls_library();
    add(hash, version, sizeof version);
    add(hash, library, strlen(library));
    add(hash, settings, sizeof settings);
    add(hash, &context->time_floor, sizeof context->time_floor);
}

static void add_ciphers(struct midge_sha256 *hash, const int *suite)
{
    for (; *suite != 0; suite++) {
        add(hash, suite, sizeof *suite);
    }
}

static void add_trust(struct midge_sha256 *hash, const struct midge__tls_context *context)
{
    uint8_t trust[32];
    midge__trust_digest(&context->trust, trust);
    add(hash, trust, sizeof trust);
}

#if MIDGE_WITH_PINS
static void add_pins(struct midge_sha256 *hash, const struct midge_pins *pins)
{
    for (size_t i = 0; pins != NULL && i < pins->count; i++) {
        const char *host = pins->pin[i].host != NULL ? pins->pin[i].host : "";
        add(hash, &pins->mode, 1);
        add(hash, host, strlen(host));
        add(hash, pins->pin[i].sha256, sizeof pins->pin[i].sha256);
    }
}
#else
#define add_pins(hash, pins) ((void)(pins))
#endif

#if MIDGE_WITH_CREDENTIAL
static void add_credential(struct midge_sha256 *hash, const struct midge__tls_context *context)
{
    const mbedtls_x509_crt *at = context->credential != NULL ? &context->credential->chain : NULL;
    for (; at != NULL; at = at->next) {
        add(hash, at->raw.p, at->raw.len);
    }
}
#else
#define add_credential(hash, context) ((void)0)
#endif

#if MIDGE_WITH_PSK
static void add_psk(struct midge_sha256 *hash, const mbedtls_ssl_config *conf)
{
    add(hash, conf->MBEDTLS_PRIVATE(psk_identity), conf->MBEDTLS_PRIVATE(psk_identity_len));
    add(hash, conf->MBEDTLS_PRIVATE(psk), conf->MBEDTLS_PRIVATE(psk_len));
}
#else
#define add_psk(hash, conf) ((void)0)
#endif

void midge__session_depends(const struct midge__tls_context *context, const struct midge_pins *pins,
                            uint8_t digest[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    add_settings(&hash, context);
    add_ciphers(&hash, midge__tls_ciphers(context));
    add_trust(&hash, context);
    add_credential(&hash, context);
    add_psk(&hash, &context->config.ssl);
    add_pins(&hash, pins);
    midge_sha256_final(&hash, digest);
}

#endif
