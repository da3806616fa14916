/* SPDX-License-Identifier: MIT */
/* Finds certificates in PEM text (RFC 7468). Other text between them is skipped. */
#ifndef MIDGE_IO_PEM_H
#define MIDGE_IO_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "midge/config.h"

struct midge__pem {
    const unsigned char *at, *end; /* text that is not read yet */
    const unsigned char *base64;   /* of the certificate found last */
    size_t len;
};

#if MIDGE_WITH_PEM

/* The first occurrence of line; NULL: there is none. */
const unsigned char *midge__pem_find(const unsigned char *at, const unsigned char *end,
                                     const char *line);
/* Finds the next certificate; false: there is none. */
bool midge__pem_next(struct midge__pem *pem);
/* Decodes it to at most cap bytes; *len is their number. False: it is not base64. */
bool midge__pem_decode(const struct midge__pem *pem, unsigned char *der, size_t cap, size_t *len);

#else

#define midge__pem_next(pem)                  ((void)(pem), false)
#define midge__pem_decode(pem, der, cap, len) ((void)(pem), (void)(cap), false)

#endif

/* Upper bound of the bytes that the certificate takes as DER. */
static inline size_t midge__pem_bound(const struct midge__pem *pem)
{
    return pem->len / 4 * 3 + 3;
}

#endif
