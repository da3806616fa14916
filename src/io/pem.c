/* SPDX-License-Identifier: MIT */
/* mbedTLS's own bundle parser needs a NUL after the text and half the bundle again as heap; this
   one walks the caller's text. */
#include "io/pem.h"

#if MIDGE_WITH_PEM

#include <string.h>

#include "base/base64.h"
#include "base/span.h"
#include "midge/err.h"

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

const unsigned char *midge__pem_find(const unsigned char *at, const unsigned char *end,
                                     const char *line)
{
    size_t n = strlen(line);
    while ((size_t)(end - at) >= n) {
        const unsigned char *hit = memchr(at, line[0], (size_t)(end - at) - n + 1);
        if (hit == NULL) {
            return NULL;
        }
        if (memcmp(hit, line, n) == 0) {
            return hit;
        }
        at = hit + 1;
    }
    return NULL;
}

bool midge__pem_next(struct midge__pem *pem)
{
    const unsigned char *begin = midge__pem_find(pem->at, pem->end, begin_line);
    if (begin == NULL) {
        return false;
    }
    begin += sizeof begin_line - 1;
    const unsigned char *end = midge__pem_find(begin, pem->end, end_line);
    if (end == NULL) {
        return false;
    }
    pem->base64 = begin;
    pem->len = (size_t)(end - begin);
    pem->at = end + sizeof end_line - 1;
    return true;
}

bool midge__pem_decode(const struct midge__pem *pem, unsigned char *der, size_t cap, size_t *len)
{
    struct midge__base64 state = {.spaces = 1};
    struct midge_span in = midge__span((const char *)pem->base64, pem->len);
    return midge__base64_decode(&state, &in, der, cap, len) == MIDGE_OK && in.len == 0 &&
           midge__base64_end(&state) == MIDGE_OK;
}

#endif
