/* SPDX-License-Identifier: MIT */
/* The roots of ESP-IDF's component mbedtls, which embeds its bundle as the file x509_crt_bundle. */
#include <midge_esp.h>

#include <sdkconfig.h>

#include <midge/err.h>

#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE && MIDGE_WITH_ROOT_BUNDLE

extern const uint8_t bundle_start[] __asm__("_binary_x509_crt_bundle_start");
extern const uint8_t bundle_end[] __asm__("_binary_x509_crt_bundle_end");

int midge_esp_bundle(struct midge_tls *tls)
{
    tls->roots = bundle_start;
    tls->roots_len = (size_t)((uintptr_t)bundle_end - (uintptr_t)bundle_start);
    return MIDGE_OK;
}

#else

int midge_esp_bundle(struct midge_tls *tls)
{
    (void)tls;
    return MIDGE_ERR_UNSUPPORTED;
}

#endif
