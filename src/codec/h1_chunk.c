/* SPDX-License-Identifier: MIT */
/*
 * RFC 9112 7.1, byte by byte.
 *
 * state     waits for                         leads to
 * SIZE      hex digits                        SPACE, EXT_NAME, LF
 * SPACE     ';' or CR after white space       EXT_NAME, LF
 * EXT_NAME  the name after a ';'              EXT
 * EXT       the CR that ends the extensions   LF, EXT_NAME, QUOTED
 * QUOTED    the '"' that ends a value         EXT, ESCAPED
 * ESCAPED   the character after a backslash   QUOTED
 * LF        LF                                DATA, LAST (size 0)
 * DATA      the caller, who takes c->left     DATA_CR, which the caller sets
 * DATA_CR   CR                                DATA_LF
 * DATA_LF   LF                                SIZE
 * LAST      the caller, who reads trailers    -
 */
#include "codec/h1_chunk.h"

#include <stddef.h>

#include "base/check.h"
#include "base/span.h"

static void start_chunk(struct midge__h1_chunk *c)
{
    c->left = 0;
    c->digits = 0;
    c->ext = 0;
    c->state = MIDGE__H1_CHUNK_SIZE;
}

static const char *after_chunk_size(struct midge__h1_chunk *c, char byte)
{
    if (c->digits == 0) {
        return MIDGE__TEXT("bad chunk size");
    }
    c->ext = 0;
    if (byte == '\r') {
        c->state = MIDGE__H1_CHUNK_LF;
    } else if (byte == ';') {
        c->state = MIDGE__H1_CHUNK_EXT_NAME;
    } else {
        return MIDGE__TEXT("bad chunk size");
    }
    return NULL;
}

/* RFC 9112 7.1.1 allows white space only before a ';', but old servers pad all sizes to one length.
   No reader takes white space for a digit or for an end, so it is skipped. */
static const char *on_chunk_space(struct midge__h1_chunk *c, char byte)
{
    if (c->digits == 0 || !midge__is_ows(byte)) {
        return after_chunk_size(c, byte);
    }
    c->state = MIDGE__H1_CHUNK_SPACE;
    return c->ext++ == MIDGE__H1_MAX_CHUNK_SPACE ? MIDGE__TEXT("bad chunk size") : NULL;
}

static const char *on_chunk_size(struct midge__h1_chunk *c, char byte)
{
    int digit = midge__hex_value(byte);
    if (digit < 0)
        return on_chunk_space(c, byte);
    if (c->digits++ == 16) /* 64 bits hold 16 digits */
        return MIDGE__TEXT("chunk size too large");
    c->left = c->left << 4 | (unsigned)digit;
    return NULL;
}

static enum midge__h1_chunk_state ext_state(enum midge__h1_chunk_state state, char byte)
{
    if (state == MIDGE__H1_CHUNK_ESCAPED) {
        return MIDGE__H1_CHUNK_QUOTED;
    }
    if (state == MIDGE__H1_CHUNK_EXT_NAME) {
        return midge__is_ows(byte) ? state : MIDGE__H1_CHUNK_EXT;
    }
    if (byte == '"') {
        return state == MIDGE__H1_CHUNK_EXT ? MIDGE__H1_CHUNK_QUOTED : MIDGE__H1_CHUNK_EXT;
    }
    if (state == MIDGE__H1_CHUNK_QUOTED) {
        return byte == '\\' ? MIDGE__H1_CHUNK_ESCAPED : state;
    }
    return byte == ';' ? MIDGE__H1_CHUNK_EXT_NAME : state;
}

/* Nothing uses extensions, so they are skipped, but a hidden line end in them must not pass. */
static const char *on_chunk_ext(struct midge__h1_chunk *c, char byte)
{
    enum midge__h1_chunk_state state = c->state;
    if (state == MIDGE__H1_CHUNK_EXT && byte == '\r') {
        c->state = MIDGE__H1_CHUNK_LF;
        return NULL;
    }
    bool names = state == MIDGE__H1_CHUNK_EXT_NAME && !midge__is_ows(byte);
    if (midge__is_ctl(byte) || (names && !midge__is_token(byte))) {
        return MIDGE__TEXT("bad chunk extension");
    }
    c->state = (uint8_t)ext_state(state, byte);
    return c->ext++ == MIDGE__H1_MAX_CHUNK_EXT ? MIDGE__TEXT("chunk extensions too long") : NULL;
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
    case MIDGE__H1_CHUNK_EXT_NAME:
    case MIDGE__H1_CHUNK_EXT:
    case MIDGE__H1_CHUNK_QUOTED:
    case MIDGE__H1_CHUNK_ESCAPED:
        return on_chunk_ext(c, byte);
    case MIDGE__H1_CHUNK_LF:
        return on_chunk_lf(c, byte);
    default:
        return on_data_end(c, byte);
    }
}
