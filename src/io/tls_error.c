/* SPDX-License-Identifier: MIT */
/*
 * From mbedTLS's codes to ours. The order of the questions matters: what failed below TLS, then
 * memory (mbedTLS reports running out of it inside verification as "not trusted"), then the rest.
 */
#include "io/tls_internal.h"

#include "base/check.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>

/* A code is the sum of a high-level one (bits 7 to 14) and a low-level one. */
static int high_level(int native)
{
    return -(-native & 0x7F80);
}

static int low_level(int native)
{
    return -(-native & 0x7F);
}

bool midge__tls_out_of_memory(int native)
{
    if (native >= 0) {
        return false;
    }
    switch (high_level(native)) {
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
        return true;
    default:
        return low_level(native) == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
               low_level(native) == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
    }
}

void midge__tls_clear(struct midge__tls_impl *impl)
{
    midge__memory_failed_reset(impl->tls->context->memory);
    midge__tls_process_failed_reset();
}

bool midge__tls_memory_was_short(const struct midge__tls_impl *impl)
{
    return midge__memory_failed(impl->tls->context->memory) || midge__tls_process_failed();
}

/* Errors of parsing an X.509 certificate or the key in it. */
static bool is_malformed_certificate(int native)
{
    int high = -high_level(native);
    return (high >= 0x2080 && high <= 0x2980) || high == 0x3000 ||
           (high >= 0x3880 && high <= 0x3F80);
}

#if MIDGE_TEXTS

static const char *alert_text(const struct midge__tls_impl *impl)
{
    const unsigned char *alert = impl->ssl.MBEDTLS_PRIVATE(in_msg);
    switch (alert != NULL ? alert[1] : 0) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
        return "server sent alert handshake_failure: no cipher suite or key exchange in common";
    case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
        return "server sent alert protocol_version: no TLS version in common";
    case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
        return "server sent alert unrecognized_name: it does not know this host name";
    case MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR:
        return "server sent alert internal_error";
    default:
        return "server sent a fatal alert";
    }
}

static const char *tls_text(const struct midge__tls_impl *impl, int native)
{
    switch (native) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return alert_text(impl);
    case MBEDTLS_ERR_SSL_CONN_EOF:
        return "server closed the connection during the TLS handshake";
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return "server ended TLS during the handshake";
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        return "no TLS version in common";
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
        /* KeyUpdate and late certificate requests: mbedTLS 3.6 has neither. */
        return "server sent a TLS message that this TLS library does not support";
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return "TLS record damaged on the way";
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        return "malformed TLS record";
    default:
        return NULL;
    }
}

#else

static const char *tls_text(const struct midge__tls_impl *impl, int native)
{
    (void)impl;
    (void)native;
    return "";
}

#endif

static int judge_certificate(struct midge__tls_impl *impl, struct midge__fault *fault)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&impl->ssl);
    flags = flags == UINT32_MAX ? 0 : flags;
    fault->verify_flags = impl->verify_flags | flags;
    fault->detail = midge__tls_verify_text(impl, fault->verify_flags);
    /* Other reasons weigh more: then the date is not what the text is about. */
    bool by_date = (fault->verify_flags &
                    (MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_REVOKED)) == 0;
    fault->cert_date = by_date ? impl->cert_date : 0;
    return MIDGE_ERR_CERT;
}

/* The profile's name is part of the text: which one to build with is the user's next step. */
static const char *size_text(void)
{
#if defined(MIDGE_PROFILE_TINY)
    return MIDGE__TEXT(
        "TLS record or certificate chain larger than profile tiny's input buffer: use small");
#elif defined(MIDGE_PROFILE_SMALL)
    return MIDGE__TEXT("TLS record or certificate chain larger than profile small's input buffer");
#else
    return MIDGE__TEXT("TLS record or certificate chain larger than profile full's input buffer");
#endif
}

/* mbedTLS says BAD_INPUT_DATA when a record does not fit, and INVALID_RECORD when the plaintext
   of one does not; in a handshake the latter is only ours to take for size below 16 KB. */
static bool is_record_size(const struct midge__tls_impl *impl, int native)
{
    if (native == MBEDTLS_ERR_SSL_BAD_INPUT_DATA) {
        return impl->spoke;
    }
    return native == MBEDTLS_ERR_SSL_INVALID_RECORD && MBEDTLS_SSL_IN_CONTENT_LEN < 16384 &&
           impl->spoke && !impl->plaintext;
}

static int judge(struct midge__tls_impl *impl, int native, struct midge__fault *fault)
{
    if (midge__tls_memory_was_short(impl) || midge__tls_out_of_memory(native)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (impl->plaintext) {
        fault->detail = MIDGE__TEXT("server does not speak TLS");
        return MIDGE_ERR_TLS;
    }
    if (native == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
        native == MBEDTLS_ERR_SSL_BAD_CERTIFICATE) {
        return judge_certificate(impl, fault);
    }
    if (native == MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED) {
        fault->detail = MIDGE__TEXT("no CA certificate to verify against");
        return MIDGE_ERR_CA;
    }
    if (is_record_size(impl, native)) {
        fault->detail = size_text();
        return MIDGE_ERR_TLS_RECORD_SIZE;
    }
    if (is_malformed_certificate(native)) {
        fault->detail = native == MBEDTLS_ERR_X509_FATAL_ERROR
                            ? MIDGE__TEXT("certificate chain is too long")
                            : MIDGE__TEXT("certificate cannot be parsed");
        return MIDGE_ERR_CERT;
    }
    fault->detail = tls_text(impl, native);
    return MIDGE_ERR_TLS;
}

int midge__tls_fail(struct midge__tls_impl *impl, int native)
{
    struct midge__fault *fault = &impl->tls->s.fault;
    if (impl->lower_error != MIDGE_OK) {
        impl->error = impl->lower_error; /* its fault was copied when it failed */
    } else {
        *fault = (struct midge__fault){.native = native};
        impl->error = judge(impl, native, fault);
    }
    impl->state = MIDGE__TLS_DEAD;
    return impl->error;
}
