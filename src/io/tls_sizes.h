/* SPDX-License-Identifier: MIT */
/* Sizes that need mbedTLS's internal headers; io/tls.h has the others. */
#ifndef MIDGE_IO_TLS_SIZES_H
#define MIDGE_IO_TLS_SIZES_H

#include <stddef.h>

/* One slot of PSA's key store; 0 without one. Owned builds only. */
size_t midge__tls_key_slot(void);

#endif
