/* SPDX-License-Identifier: MIT */
/* A second reader of header blocks, for fuzz_hpack.c: nghttp2's, in builds that find its library.
 */
#ifndef FUZZ_HPACK_ORACLE_H
#define FUZZ_HPACK_ORACLE_H

#include "fuzz.h"

static inline void hpack_log_field(struct fuzz_text *log, const void *name, size_t name_len,
                                   const void *value, size_t value_len)
{
    fuzz_printf(log, "%zu %zu ", name_len, value_len);
    fuzz_add(log, name, name_len);
    fuzz_puts(log, ": ");
    fuzz_add(log, value, value_len);
    fuzz_puts(log, "\n");
}

#ifdef FUZZ_NGHTTP2

#include <nghttp2/nghttp2.h>

#define HAS_HPACK_ORACLE true

/* True: another field, or the block's end. */
static inline bool oracle_step(nghttp2_hd_inflater *inflater, struct fuzz_in *in, bool final,
                               struct fuzz_text *log, int *flags)
{
    nghttp2_nv nv;
    ssize_t n = nghttp2_hd_inflate_hd2(inflater, &nv, flags, in->at, in->len, final);
    if (n < 0) {
        return false;
    }
    in->at += n;
    in->len -= (size_t)n;
    if ((*flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        hpack_log_field(log, nv.name, nv.namelen, nv.value, nv.valuelen);
    }
    return true;
}

/* Adds the fields to the log. True: the block is accepted. nghttp2 wants the size update that is
   optional for midge. */
static inline bool oracle_hpack(struct fuzz_in in, struct fuzz_text *log)
{
    static const uint8_t update = 0x20;
    struct fuzz_in first = {&update, 1};
    nghttp2_hd_inflater *inflater;
    int flags = 0;
    FUZZ_CHECK(nghttp2_hd_inflate_new(&inflater) == 0);
    FUZZ_CHECK(nghttp2_hd_inflate_change_table_size(inflater, 0) == 0);
    FUZZ_CHECK(oracle_step(inflater, &first, false, log, &flags));
    bool ok = true;
    do {
        flags = 0;
        ok = oracle_step(inflater, &in, true, log, &flags);
    } while (ok && (in.len > 0 || (flags & NGHTTP2_HD_INFLATE_EMIT) != 0));
    ok = ok && (flags & NGHTTP2_HD_INFLATE_FINAL) != 0;
    nghttp2_hd_inflate_del(inflater);
    return ok;
}

#else

#define HAS_HPACK_ORACLE false

static inline bool oracle_hpack(struct fuzz_in in, struct fuzz_text *log)
{
    (void)in;
    (void)log;
    return false;
}

#endif

#endif
