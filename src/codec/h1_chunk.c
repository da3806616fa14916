/* SPDX-License-Identifier: MIT */
/*
 * RFC 9112 7.1, byte by byte.
 *
 * state    waits for                         leads to
 * SIZE     hex digits                        SPACE, EXT, LF
 * SPACE    ';' after white space             EXT
 * EXT      the CR that ends the extension    LF
 * LF       LF                                DATA, LAST (size 0)
 * DATA     the caller, who takes c->left     DATA_CR, which the caller sets
 * DATA_CR  CR                                DATA_LF
 * DATA_LF  LF                                SIZE
 * LAST     the caller, who reads trailers    -
 */
#include "codec/h1_chunk.h"

#include <stddef.h>

#include "base/check.h"
#include "base/span.h"

static void start_chunk(struct midge__h1_chunk *c)
{
    c->left = 0;
    c->digits = 0;
    c->state = MIDGE__H1_CHUNK_SIZE;
}

static const char *after_chunk_size(struct midge__h1_chunk *c, char byte)
{
    if (c->digits == 0)
        return MIDGE__TEXT("bad chunk size");
    if (byte == '\r')
        c->state = MIDGE__H1_CHUNK_LF;
    else if (byte == ';')
        c->state = MIDGE__H1_CHUNK_EXT;
    else if (midge__is_ows(byte))
        c->state = MIDGE__H1_CHUNK_SPACE;
    else
        return MIDGE__TEXT("bad chunk size");
    return NULL;
}

static const char *on_chunk_size(struct midge__h1_chunk *c, char byte)
{
    int digit = midge__hex_value(byte);
    if (digit < 0)
        return after_chunk_size(c, byte);
    if (c->digits++ == 16) /* what 64 bits hold */
        return MIDGE__TEXT("chunk size too large");
    c->left = c->left << 4 | (unsigned)digit;
    return NULL;
}

static const char *count_ext(struct midge__h1_chunk *c)
{
    return c->ext++ == MIDGE__H1_MAX_CHUNK_EXT ? MIDGE__TEXT("chunk extensions too long") : NULL;
}

/* 7.1.1 has white space only before a ';'. Size and CR padded apart were a 1990s habit. */
static const char *on_chunk_space(struct midge__h1_chunk *c, char byte)
{
    if (byte == ';')
        c->state = MIDGE__H1_CHUNK_EXT;
    else if (!midge__is_ows(byte))
        return MIDGE__TEXT("bad chunk size");
    return count_ext(c);
}

/* Extensions are read over: nobody uses them, but a line end in disguise must not pass. */
static const char *on_chunk_ext(struct midge__h1_chunk *c, char byte)
{
    if (byte == '\r') {
        c->state = MIDGE__H1_CHUNK_LF;
        return NULL;
    }
    if (midge__is_ctl(byte))
        return MIDGE__TEXT("bad chunk extension");
    return count_ext(c);
}

static const char *on_chunk_lf(struct midge__h1_chunk *c, char byte)
{
    if (byte != '\n')
        return MIDGE__TEXT("bare CR after chunk size");
    c->state = c->left != 0 ? MIDGE__H1_CHUNK_DATA : MIDGE__H1_CHUNK_LAST;
    return NULL;
}

static const char *on_data_end(struct midge__h1_chunk *c, char byte)
{
    if (byte != (c->state == MIDGE__H1_CHUNK_DATA_CR ? '\r' : '\n'))
        return MIDGE__TEXT("chunk data not followed by CRLF");
    if (c->state == MIDGE__H1_CHUNK_DATA_CR)
        c->state = MIDGE__H1_CHUNK_DATA_LF;
    else
        start_chunk(c);
    return NULL;
}

const char *midge__h1_chunk_byte(struct midge__h1_chunk *c, char byte)
{
    switch (c->state) {
    case MIDGE__H1_CHUNK_SIZE:
        return on_chunk_size(c, byte);
    case MIDGE__H1_CHUNK_SPACE:
        return on_chunk_space(c, byte);
    case MIDGE__H1_CHUNK_EXT:
        return on_chunk_ext(c, byte);
    case MIDGE__H1_CHUNK_LF:
        return on_chunk_lf(c, byte);
    default:
        return on_data_end(c, byte);
    }
}
