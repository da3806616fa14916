/* SPDX-License-Identifier: MIT */
/* The roots of a table (root_table.h) for an external mbedTLS; owned builds have root_search.h. */
#ifndef MIDGE_IO_ROOT_CALLBACK_H
#define MIDGE_IO_ROOT_CALLBACK_H

#include <mbedtls/ssl.h>

#include "io/trust.h"

#if MIDGE_WITH_ROOT_TABLE && defined(MIDGE_TLS_EXTERNAL)

/* mbedTLS's mbedtls_x509_crt_ca_cb_t: *roots gets a list that mbedTLS frees. */
int midge__roots_for(void *trust, const mbedtls_x509_crt *child, mbedtls_x509_crt **roots);

/* If there is a table, conf asks it, in place of its list of roots. The trust set stays in place as
   long as conf. */
void midge__roots_by_callback(mbedtls_ssl_config *conf, struct midge__trust *trust);

#else

#define midge__roots_by_callback(conf, trust) ((void)0)

#endif

#endif
