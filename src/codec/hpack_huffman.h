/* SPDX-License-Identifier: MIT */
/* Decodes Huffman coded strings. Part of the decoder, for hpack_read.c. */
#ifndef MIDGE__HPACK_HUFFMAN_H
#define MIDGE__HPACK_HUFFMAN_H

#include "codec/hpack.h"

/* Decodes the bytes from *at to end, and moves *at behind those that are taken. NEED_MORE: all are
   decoded; FULL; ERROR: a code of 30 bits. */
enum midge__hpack_kind midge__hpack_huffman(struct midge__hpack *d, const uint8_t **at,
                                            const uint8_t *end, struct midge__hpack_text *text);

/* At the end of a string: is what is left padding, fewer than 8 bits and all ones (RFC 7541 5.2)?
 */
static inline bool midge__hpack_is_padding(const struct midge__hpack *d)
{
    return d->bits < 8 && d->code == ~(UINT32_MAX >> d->bits);
}

#endif
