/* SPDX-License-Identifier: MIT */
/* Writes URLs byte by byte: after an overflow nothing more is written, and finish reports it. */
#include "codec/url_out.h"

#include "codec/url.h"
#include "midge/err.h"

void midge__url_put(struct midge__url_out *out, char c)
{
    if (out->len + 1 >= out->cap) {
        out->full = true;
        return;
    }
    out->ptr[out->len++] = c;
}

void midge__url_put_escape(struct midge__url_out *out, unsigned char byte)
{
    static const char hex[] = "0123456789ABCDEF";
    midge__url_put(out, '%');
    midge__url_put(out, hex[byte >> 4]);
    midge__url_put(out, hex[byte & 15]);
}

void midge__url_put_encoded(struct midge__url_out *out, struct midge_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (midge__url_is_unreserved(text.ptr[i])) {
            midge__url_put(out, text.ptr[i]);
        } else {
            midge__url_put_escape(out, (unsigned char)text.ptr[i]);
        }
    }
}

int midge__url_finish(struct midge__url_out *out, size_t *len)
{
    if (out->full || out->cap == 0) {
        return MIDGE_ERR_TOO_LARGE;
    }
    out->ptr[out->len] = '\0';
    *len = out->len;
    return MIDGE_OK;
}
