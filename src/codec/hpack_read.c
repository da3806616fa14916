/* SPDX-License-Identifier: MIT */
/*
 * state         waits for                              leads to
 * WAIT_FIELD    the first byte of a field              WAIT_INDEX, or what follows the index
 * WAIT_INDEX    more bytes of an index or a size       ENTRY_NAME, WAIT_LENGTH, WAIT_FIELD (a size)
 * ENTRY_NAME    room for a name of the static table    ENTRY_VALUE, WAIT_LENGTH
 * ENTRY_VALUE   room for its value                     WAIT_FIELD
 * WAIT_LENGTH   the first byte of a string             MORE_LENGTH, STRING
 * MORE_LENGTH   more bytes of its length               STRING
 * STRING        the string and room for it             WAIT_LENGTH (a name), WAIT_FIELD (a value)
 *
 * Without a dynamic table the three literal representations are the same (RFC 7541 6.2).
 */
#include "codec/hpack.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"
#include "codec/hpack_huffman.h"
#include "codec/hpack_static.h"

enum { WAIT_FIELD, WAIT_INDEX, WAIT_LENGTH, MORE_LENGTH, STRING, ENTRY_NAME, ENTRY_VALUE };

/* d->op: what the integer and the next string are. */
enum { INDEXED, NAMED, SIZE_UPDATE, VALUE };

enum { GO = -1 };

/* An index or a size is complete. */
static int on_index(struct midge__hpack *d)
{
    if (d->op == SIZE_UPDATE) {
        d->state = WAIT_FIELD;
        return d->num == 0 ? GO : MIDGE__HPACK_ERROR;
    }
    d->literal = d->op == NAMED && d->num == 0;
    d->state = d->literal ? WAIT_LENGTH : ENTRY_NAME;
    d->shift = 0;
    d->unchecked = false;
    return d->literal || d->num - 1 < MIDGE__HPACK_STATIC ? GO : MIDGE__HPACK_ERROR;
}

static int on_length(struct midge__hpack *d)
{
    d->state = STRING;
    d->unchecked = !d->huffman;
    d->code = 0;
    d->bits = 0;
    return GO;
}

/* Begins an integer whose first byte has `bits` of it (RFC 7541 5.1). True: it has no more bytes.
 */
static bool begin_integer(struct midge__hpack *d, uint8_t byte, unsigned bits)
{
    const unsigned max = (1U << bits) - 1;
    d->num = byte & max;
    d->shift = 0;
    return d->num != max;
}

/* RFC 7541 6. */
static int on_field(struct midge__hpack *d, uint8_t byte)
{
    unsigned bits = 4;
    d->op = NAMED;
    if ((byte & 0x80) != 0) {
        bits = 7;
        d->op = INDEXED;
    } else if ((byte & 0x40) != 0) {
        bits = 6;
    } else if ((byte & 0x20) != 0) {
        bits = 5;
        d->op = SIZE_UPDATE;
    }
    if (d->op == SIZE_UPDATE && d->begun) { /* 4.2: only at the block's beginning */
        return MIDGE__HPACK_ERROR;
    }
    d->begun = d->op != SIZE_UPDATE;
    d->state = WAIT_INDEX;
    return begin_integer(d, byte, bits) ? on_index(d) : GO;
}

static int on_integer(struct midge__hpack *d, uint8_t byte)
{
    if (d->shift > 21) {
        return MIDGE__HPACK_ERROR;
    }
    d->num += (uint32_t)(byte & 0x7f) << d->shift;
    d->shift = (uint8_t)(d->shift + 7);
    if ((byte & 0x80) != 0) {
        return GO;
    }
    return d->state == WAIT_INDEX ? on_index(d) : on_length(d);
}

static int on_byte(struct midge__hpack *d, uint8_t byte)
{
    if (d->state == WAIT_FIELD) {
        return on_field(d, byte);
    }
    if (d->state != WAIT_LENGTH) {
        return on_integer(d, byte);
    }
    d->huffman = (byte & 0x80) != 0;
    d->state = MORE_LENGTH;
    return begin_integer(d, byte, 7) ? on_length(d) : GO;
}

/* The current name or value is complete. */
MIDGE__APART static int on_text(struct midge__hpack *d)
{
    if (d->op == NAMED) {
        d->op = VALUE;
        d->state = WAIT_LENGTH;
        return MIDGE__HPACK_NAME;
    }
    if (d->state == ENTRY_NAME) {
        d->state = ENTRY_VALUE;
        d->shift = 0;
        return MIDGE__HPACK_NAME;
    }
    d->state = WAIT_FIELD;
    return MIDGE__HPACK_FIELD;
}

/* Copies the bytes that fit; returns the number of bytes that are taken. */
static size_t copy(const void *from, size_t len, struct midge__hpack_text *text)
{
    if (len > text->cap - text->fill) {
        len = text->cap - text->fill;
    }
    memcpy(text->ptr + text->fill, from, len);
    text->fill += len;
    return len;
}

/* d->shift counts the bytes of the name or value that are copied. */
static int on_entry(struct midge__hpack *d, struct midge__hpack_text *text)
{
    struct midge_span s = d->state == ENTRY_NAME ? midge__hpack_static_name(d->num)
                                                 : midge__hpack_static_value(d->num);
    d->shift = (uint8_t)(d->shift + copy(s.ptr + d->shift, s.len - d->shift, text));
    return d->shift == s.len ? on_text(d) : MIDGE__HPACK_FULL;
}

static enum midge__hpack_kind copy_raw(const uint8_t **at, const uint8_t *end,
                                       struct midge__hpack_text *text)
{
    *at += copy(*at, (size_t)(end - *at), text);
    return *at == end ? MIDGE__HPACK_NEED_MORE : MIDGE__HPACK_FULL;
}

static int on_string(struct midge__hpack *d, const uint8_t **at, const uint8_t *end,
                     struct midge__hpack_text *text)
{
    const uint8_t *const begin = *at;
    const size_t have = (size_t)(end - begin);
    end = begin + (have < d->num ? have : d->num);
    enum midge__hpack_kind kind =
        d->huffman ? midge__hpack_huffman(d, at, end, text) : copy_raw(at, end, text);
    d->num -= (uint32_t)(*at - begin);
    if (kind != MIDGE__HPACK_NEED_MORE || d->num > 0) {
        return (int)kind;
    }
    return d->huffman && !midge__hpack_is_padding(d) ? MIDGE__HPACK_ERROR : on_text(d);
}

enum midge__hpack_kind midge__hpack_read(struct midge__hpack *d, const uint8_t **at,
                                         const uint8_t *end, struct midge__hpack_text *text)
{
    int got = GO;
    while (got == GO) {
        if (d->state >= ENTRY_NAME) {
            got = on_entry(d, text);
        } else if (d->state == STRING) {
            got = on_string(d, at, end, text);
        } else if (*at == end) {
            got = MIDGE__HPACK_NEED_MORE;
        } else {
            got = on_byte(d, *(*at)++);
        }
    }
    return (enum midge__hpack_kind)got;
}

bool midge__hpack_is_complete(const struct midge__hpack *d)
{
    return d->state == WAIT_FIELD;
}

#endif
