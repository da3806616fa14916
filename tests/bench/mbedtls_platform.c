/* SPDX-License-Identifier: MIT */
/* What midge's build of mbedTLS leaves to its user, for the drivers without midge. */
#include <mbedtls/platform_time.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <sys/random.h>
#include <time.h>

mbedtls_ms_time_t mbedtls_ms_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (mbedtls_ms_time_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *unused,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)unused;
    *output_length = output_size;
    return getrandom(output, output_size, 0) == (ssize_t)output_size
               ? PSA_SUCCESS
               : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

/* mbedTLS's TLS files call these (port/mbedtls.cmake): here they are mbedTLS's own again. */
int midge__x509_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    return mbedtls_x509_crt_parse_der(chain, der, len);
}

int midge__x509_crt_parse_der_nocopy(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    return mbedtls_x509_crt_parse_der_nocopy(chain, der, len);
}

int midge__x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust_ca,
                                       mbedtls_x509_crl *ca_crl,
                                       const mbedtls_x509_crt_profile *profile, const char *cn,
                                       uint32_t *flags,
                                       int (*f_vrfy)(void *, mbedtls_x509_crt *, int, uint32_t *),
                                       void *p_vrfy, mbedtls_x509_crt_restart_ctx *rs_ctx)
{
    return mbedtls_x509_crt_verify_restartable(crt, trust_ca, ca_crl, profile, cn, flags, f_vrfy,
                                               p_vrfy, rs_ctx);
}

/* Functions of servers: mongoose refers to them, and the profile is without them. */
void mbedtls_ssl_ticket_init(void *ctx)
{
    (void)ctx;
}

void mbedtls_ssl_ticket_free(void *ctx)
{
    (void)ctx;
}

int mbedtls_ssl_ticket_setup(void)
{
    return -1;
}

int mbedtls_ssl_ticket_write(void)
{
    return -1;
}

int mbedtls_ssl_ticket_parse(void)
{
    return -1;
}

void mbedtls_ssl_conf_session_tickets_cb(void)
{
}
