/* SPDX-License-Identifier: MIT */
/* ROOTS=ADDRESS, hexadecimal: a table of trusted roots (midge/roots.h) in flash at this address. */
#ifndef BOARDS_PARTITION_H
#define BOARDS_PARTITION_H

#include <stdint.h>
#include <stdlib.h>

#include <midge/tls.h>

#if MIDGE_WITH_ROOT_TABLE

#define PARTITION_BYTES (1U << 20) /* at most: a table tells its length */

static inline void partition_trust(struct midge_tls *tls, const char *address)
{
    if (address != NULL) {
        tls->roots = (const void *)(uintptr_t)strtoul(address, NULL, 16);
        tls->roots_len = PARTITION_BYTES;
    }
}

#else
#define partition_trust(tls, address) ((void)(tls), (void)(address))
#endif

#endif
