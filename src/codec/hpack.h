/* SPDX-License-Identifier: MIT */
/*
 * Header compression of HTTP/2 (RFC 7541) without its dynamic table: the client's first SETTINGS
 * say HEADER_TABLE_SIZE 0, and the client's encoder uses none.
 *
 * The decoder writes the text of names and values into the caller's buffer. Any split of the bytes
 * gives the same events. A size update to 0 at a block's beginning is accepted, and not required.
 * Errors are: an index of 0 or above 61, a size update above 0 or behind a field, an integer of
 * more than 28 bits, a Huffman code of 30 bits (CR, LF, SYN and EOS: no field can have them),
 * padding of 8 bits or more or other than ones. Each is COMPRESSION_ERROR (RFC 9113 4.3).
 */
#ifndef MIDGE__HPACK_H
#define MIDGE__HPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"
#include "midge/span.h"

/* --- decoder --- */

enum midge__hpack_kind {
    MIDGE__HPACK_NEED_MORE, /* all input is consumed */
    MIDGE__HPACK_NAME,      /* the name is complete */
    MIDGE__HPACK_FIELD,     /* the value is complete */
    MIDGE__HPACK_FULL,      /* the text does not fit: make room, then call again */
    MIDGE__HPACK_ERROR      /* COMPRESSION_ERROR; the decoder must not be used again */
};

/* Where text goes. The decoder appends at `fill`; the caller may move it between calls. */
struct midge__hpack_text {
    char *ptr;
    size_t fill, cap;
};

/* 16 bytes. All zero: before a block. */
struct midge__hpack {
    uint8_t state;
    uint8_t op;     /* the representation of the current field */
    uint8_t shift;  /* of an integer that continues; bytes copied of an entry */
    uint8_t bits;   /* valid bits of `code` */
    bool huffman;   /* the current string is Huffman coded */
    bool begun;     /* a field of the block has begun */
    bool literal;   /* to be read at NAME: the name is none of the static table */
    bool unchecked; /* to be read at FIELD: the value may have control characters; false: none */
    uint32_t num;   /* the current integer; bytes of the string that are left */
    uint32_t code;  /* bits that are no whole code yet, at the top */
};

/* Reads up to the next event; *at moves behind the bytes that are consumed. */
enum midge__hpack_kind midge__hpack_read(struct midge__hpack *d, const uint8_t **at,
                                         const uint8_t *end, struct midge__hpack_text *text);

/* At the end of a block: false if it is cut within a field, a COMPRESSION_ERROR. */
bool midge__hpack_is_complete(const struct midge__hpack *d);

/* --- encoder --- */

/* Indices of the static table. */
enum {
    MIDGE__HPACK_AUTHORITY = 1,
    MIDGE__HPACK_METHOD = 2,
    MIDGE__HPACK_PATH = 4,
    MIDGE__HPACK_SCHEME_HTTP = 6, /* with its value */
    MIDGE__HPACK_SCHEME_HTTPS = 7 /* with its value */
};

/* The first byte of a whole field of the static table (RFC 7541 6.1), which is its only one. */
#define MIDGE__HPACK_INDEXED 0x80u

/* A literal field begins: its name is that of a static index, or, 0, follows. secret: no
   intermediary may index it (RFC 7541 7.1.3). Each function returns the end of what it writes. */
uint8_t *midge__hpack_put_index(uint8_t *to, unsigned index, bool secret);

/* A name, in lower case, or a value. It may lie in the same buffer, if it begins behind where it is
   written to. Not Huffman coded: a request would become some 25 bytes shorter for 1.3 KB of flash.
 */
uint8_t *midge__hpack_put_text(uint8_t *to, struct midge_span text, bool lower);

/* A whole literal field. */
#define MIDGE__HPACK_FIELD_MAX(text) ((text) + (text) / 64 + 3) /* bytes; `text` of both */
static inline uint8_t *midge__hpack_put_field(uint8_t *to, unsigned index, bool secret,
                                              struct midge_span name, struct midge_span value)
{
    to = midge__hpack_put_index(to, index, secret);
    to = index == 0 ? midge__hpack_put_text(to, name, true) : to;
    return midge__hpack_put_text(to, value, false);
}

#endif
