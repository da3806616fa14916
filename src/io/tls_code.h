/* SPDX-License-Identifier: MIT */
/* The meaning of mbedTLS's codes. A code is the sum of a high-level one (bits 7 to 14) and a
   low-level one (bits 0 to 6). */
#ifndef MIDGE_IO_TLS_CODE_H
#define MIDGE_IO_TLS_CODE_H

#include <stdbool.h>

/* A feature of a certificate that this mbedTLS cannot read. */
enum midge__tls_lack {
    MIDGE__TLS_LACKS_NOTHING,
    MIDGE__TLS_LACKS_ALGORITHM, /* of the signature */
    MIDGE__TLS_LACKS_KEY,
    MIDGE__TLS_LACKS_EXTENSION /* a critical one */
};

int midge__tls_high_level(int native);

/* Does a code, also a combined one, report missing memory? Midge's own mbedTLS allocates from the
   client's memory and the process arena, which record it themselves (midge__memory_failed): there
   such a code alone means a number longer than mbedTLS's limit. */
#if defined(MIDGE_TLS_EXTERNAL)
bool midge__tls_out_of_memory(int native);
#else
#define midge__tls_out_of_memory(native) ((void)(native), false)
#endif

enum midge__tls_lack midge__tls_lacks(int native);

#endif
