/* SPDX-License-Identifier: MIT */
/* Keys of connections for readers of recorded traffic, in the lines of SSLKEYLOGFILE
 * (draft-ietf-tls-keylogfile): label, client random, secret. Only with MIDGE_KEYLOG. */
#include "io/tls_internal.h"

#if MIDGE_KEYLOG

#include <mbedtls/platform_util.h>
#include <string.h>

#define SECRET_MOST 48U /* SHA-384 */

static const char *label_of(mbedtls_ssl_key_export_type type)
{
    switch (type) {
    case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
        return "CLIENT_RANDOM";
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
        return "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
        return "SERVER_HANDSHAKE_TRAFFIC_SECRET";
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
        return "CLIENT_TRAFFIC_SECRET_0";
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
        return "SERVER_TRAFFIC_SECRET_0";
#endif
    default:
        return NULL;
    }
}

static char *add_hex(char *to, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return to;
}

static void on_export(void *ctx, mbedtls_ssl_key_export_type type, const unsigned char *secret,
                      size_t secret_len, const unsigned char client_random[32],
                      const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    const struct midge__tls_context *context = ctx;
    const char *label = label_of(type);
    char line[MIDGE_KEY_LINE + 1];
    (void)server_random;
    (void)prf;
    if (label == NULL || secret_len > SECRET_MOST) {
        return;
    }
    const size_t len = strlen(label);
    memcpy(line, label, len);
    char *to = line + len;
    *to++ = ' ';
    to = add_hex(to, client_random, 32);
    *to++ = ' ';
    *add_hex(to, secret, secret_len) = '\0';
    context->on_key(context->key_ctx, line);
    mbedtls_platform_zeroize(line, sizeof line);
}

void midge__tls_log_keys(struct midge__tls_context *context, mbedtls_ssl_context *ssl)
{
    if (context->on_key != NULL) {
        mbedtls_ssl_set_export_keys_cb(ssl, on_export, context);
    }
}

#endif
