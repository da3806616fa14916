/* SPDX-License-Identifier: MIT */
/* A key that the client shares with its servers. Private to src/io. */
#ifndef MIDGE_IO_PSK_H
#define MIDGE_IO_PSK_H

#include <mbedtls/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "midge/config.h"
#include <midge/tls.h>

#if MIDGE_WITH_PSK

/* Makes the client's configuration offer the key, and nothing else. psk NULL: none. CREDENTIAL: it
   cannot be used; NO_MEMORY. */
int midge__psk_open(mbedtls_ssl_config *conf, const struct midge_psk *psk);
/* Makes another configuration do so, too, if the client's does; returns mbedTLS's code. */
int midge__psk_share(mbedtls_ssl_config *conf, const mbedtls_ssl_config *clients);
/* Most bytes of memory for one configuration. */
size_t midge__psk_bytes(const struct midge_psk *psk);
/* Has the configuration a key? */
static inline bool midge__psk_is_in(const mbedtls_ssl_config *conf)
{
    return conf->MBEDTLS_PRIVATE(psk_identity) != NULL;
}

#else

#define midge__psk_open(conf, psk)      ((int)MIDGE_OK)
#define midge__psk_share(conf, clients) 0
#define midge__psk_bytes(psk)           ((size_t)0)
#define midge__psk_is_in(conf)          false

#endif

#endif
