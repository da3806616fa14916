/* SPDX-License-Identifier: MIT */
/*
 * Heads and trailers of HTTP/2 answers: a header block (hpack.h) becomes a struct midge__h1_parse,
 * which everything above the protocols reads by the functions of h1_parse.h. The rules of RFC 9113
 * 8.1, 8.2 and 8.3 are checked here.
 *
 *     midge__h1_parse_init(&head, buf, cap, 0);     once for each block: the buffer is lent for it
 *     head.budget = ..., head.wanted = ...;
 *     midge__h2_head_begin(&h, &head, trailers);    at a HEADERS frame
 *     err = midge__h2_head_read(&h, data, len);     at BLOCK
 *     err = midge__h2_head_end(&h, end_stream);     at BLOCK_END
 *
 * A head sets status, has_length and content_length, present, skipped and the fields; its reason is
 * "" and its framing NONE. Trailers are kept as trailers. Names are in lower case. Fields that do
 * not fit are left out as h1_skip.c does it, and count against to->budget. A malformed block is an
 * error of its stream only; the rest of it is skipped, since without a dynamic table nothing is
 * lost.
 */
#ifndef MIDGE__H2_HEAD_H
#define MIDGE__H2_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/h1_parse.h"
#include "codec/hpack.h"

struct midge__h2_head {
    /* To be read after an error. */
    uint8_t code; /* enum midge__h2_code: COMPRESSION_ERROR is the connection's error, others are
                     the stream's: CANCEL is TOO_LARGE */
    /* Private. */
    bool trailers;
    bool has_field; /* it has had one; no pseudo-field may follow */
    bool skips;     /* the current field */
    size_t value;   /* where the current value starts; 0: before it */
    struct midge__h1_parse *to;
    struct midge__hpack hpack;
#if MIDGE_WITH_TEXTS
    const char *why; /* after an error: its cause, a short static text */
#endif
};

/* After an error: its cause; "" without texts. */
static inline const char *midge__h2_head_why(const struct midge__h2_head *h)
{
#if MIDGE_WITH_TEXTS
    return h->why;
#else
    (void)h;
    return "";
#endif
}

/* `to` is as after midge__h1_parse_init, and stays until the block ends, with its buffer.
   trailers: to->status must be that of the final head; else 0. */
void midge__h2_head_begin(struct midge__h2_head *h, struct midge__h1_parse *to, bool trailers);

/* Decodes a piece. MIDGE_OK, also if the stream has an error, which midge__h2_head_end returns; or
   MIDGE_ERR_PROTOCOL with code COMPRESSION_ERROR. */
int midge__h2_head_read(struct midge__h2_head *h, const uint8_t *in, size_t len);

/* The block is complete. MIDGE_OK: `to` can be read; to->status is 100, 102 to 199 (an interim
   head: another follows), or 200 to 999. Else MIDGE_ERR_PROTOCOL, or MIDGE_ERR_TOO_LARGE (of the
   head buffer, or to->budget). */
int midge__h2_head_end(struct midge__h2_head *h, bool end_stream);

#endif
