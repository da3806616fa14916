/* SPDX-License-Identifier: MIT */
/*
 * RFC 9112 7.1, byte by byte: a size's line is short.
 *
 * state     waits for                         leads to
 * SIZE      hex digits                        SPACE, EXT_NAME, LF
 * SPACE     ';' or CR after white space       EXT_NAME, LF
 * EXT_NAME  the name after a ';'              EXT
 * EXT       the CR that ends the extensions   LF, EXT_NAME, QUOTED
 * QUOTED    the '"' that ends a value         EXT, ESCAPED
 * ESCAPED   the character after a backslash   QUOTED
 * LF        LF                                DATA, LAST (size 0)
 * DATA      the caller, who counts c->left    DATA_CR, which the caller sets
 *           down to 0
 * DATA_CR   CR                                DATA_LF
 * DATA_LF   LF                                SIZE
 * LAST      the caller, who reads trailers    -
 */
#include "codec/h1_chunk.h"

#include <stddef.h>

#include "base/check.h"
#include "base/span.h"

/* RFC 9112 7.1.1 allows white space only before a ';', but old servers pad all sizes to one length.
   No reader takes white space for a digit or for an end, so it is skipped. */
static const char *after_size(struct midge__h1_chunk *c, char byte)
{
    bool space = c->digits != 0 && midge__is_ows(byte);
    c->spaced |= space;
    if (space && c->ext++ != MIDGE__H1_MAX_CHUNK_SPACE) {
        c->state = MIDGE__H1_CHUNK_SPACE;
        return NULL;
    }
    if (c->digits == 0 || (byte != '\r' && byte != ';')) {
        return MIDGE__RARE_TEXT("bad chunk size");
    }
    c->ext = 0;
    c->state = byte == ';' ? MIDGE__H1_CHUNK_EXT_NAME : MIDGE__H1_CHUNK_LF;
    return NULL;
}

static const char *on_size(struct midge__h1_chunk *c, char byte)
{
    int digit = midge__hex_value(byte);
    if (digit < 0) {
        return after_size(c, byte);
    }
    c->left = c->left << 4 | (unsigned)digit;
    /* 64 bits hold 16 digits */
    return c->digits++ == 16 ? MIDGE__RARE_TEXT("chunk size too large") : NULL;
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
static const char *on_ext(struct midge__h1_chunk *c, char byte)
{
    enum midge__h1_chunk_state state = c->state;
    if (state == MIDGE__H1_CHUNK_EXT && byte == '\r') {
        c->state = MIDGE__H1_CHUNK_LF;
        return NULL;
    }
    bool names = state == MIDGE__H1_CHUNK_EXT_NAME && !midge__is_ows(byte);
    if (midge__is_ctl(byte) || (names && !midge__is_token(byte))) {
        return MIDGE__RARE_TEXT("bad chunk extension");
    }
    c->state = (uint8_t)ext_state(state, byte);
    return c->ext++ == MIDGE__H1_MAX_CHUNK_EXT ? MIDGE__RARE_TEXT("chunk extensions too long")
                                               : NULL;
}

/* CR and LF after a chunk, LF after a size's CR. */
static const char *on_line_end(struct midge__h1_chunk *c, char byte)
{
    const bool after_size = c->state == MIDGE__H1_CHUNK_LF;
    const bool cr = c->state == MIDGE__H1_CHUNK_DATA_CR;
    if (byte != (cr ? '\r' : '\n')) {
        return after_size ? MIDGE__RARE_TEXT("bare CR after chunk size")
                          : MIDGE__RARE_TEXT("chunk data not followed by CRLF");
    }
    c->digits = 0;
    c->ext = 0;
    c->state = cr             ? MIDGE__H1_CHUNK_DATA_LF
               : !after_size  ? MIDGE__H1_CHUNK_SIZE
               : c->left != 0 ? MIDGE__H1_CHUNK_DATA
                              : MIDGE__H1_CHUNK_LAST;
    return NULL;
}

static const char *on_byte(struct midge__h1_chunk *c, char byte)
{
    switch (c->state) {
    case MIDGE__H1_CHUNK_SIZE:
        return on_size(c, byte);
    case MIDGE__H1_CHUNK_SPACE:
        return after_size(c, byte);
    case MIDGE__H1_CHUNK_LF:
    case MIDGE__H1_CHUNK_DATA_CR:
    case MIDGE__H1_CHUNK_DATA_LF:
        return on_line_end(c, byte);
    default:
        return on_ext(c, byte);
    }
}

const char *midge__h1_chunk(struct midge__h1_chunk *c, const uint8_t **at, const uint8_t *end)
{
    const char *why = NULL;
    while (*at != end && c->state != MIDGE__H1_CHUNK_DATA && c->state != MIDGE__H1_CHUNK_LAST) {
        why = on_byte(c, (char)**at);
        if (why != NULL) {
            break;
        }
        ++*at;
    }
    return why;
}
