/* SPDX-License-Identifier: MIT */
/*
 * The functions of zlib's other files that its inflate.c calls, for raw deflate data only: gunzip.c
 * reads the headers and computes the checksums itself. So adler32.c, crc32.c and zutil.c, 2.5 KB on
 * Cortex-M3, are not needed. zlib's private headers are included, since its public ones have no
 * call that sets the window of raw data.
 */
#include <string.h>

#include "midge/gunzip.h"
#if MIDGE_GUNZIP_PIECE >= 258
#include <inffast.c> /* with zlib's private headers, which have no guards */
#else
#include <zutil.h>
#include <inftrees.h>
#include <inflate.h>
#include <inffast.h>

/* Not called: inflate calls it only while 258 bytes of output fit. */
void inflate_fast(z_streamp stream, unsigned start)
{
    (void)stream, (void)start;
}
#endif

void zmemcpy(void *to, const void *from, z_size_t n)
{
    memcpy(to, from, n);
}

void zmemzero(void *at, z_size_t n)
{
    memset(at, 0, n);
}

/* Not called: raw data have no checksum. */
uLong adler32(uLong adler, const Bytef *data, uInt n)
{
    (void)data, (void)n;
    return adler;
}

_Static_assert(sizeof(struct inflate_state) <= MIDGE__INFLATE_STATE,
               "gunzip.h says how much it is");

/* Distances beyond 2^bits are errors from here on, also if zlib still has those bytes. */
void midge__inflate_window(z_streamp stream, unsigned bits)
{
    ((struct inflate_state *)stream->state)->dmax = 1U << bits;
}
