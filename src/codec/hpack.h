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
    MIDGE__HPACK_FULL,      /* the text does not fit: make room or set `skip`, then call again */
    MIDGE__HPACK_ERROR      /* COMPRESSION_ERROR; the decoder must not be used again */
};

/* Where text goes. The decoder appends at `fill`; the caller may move it between calls. */
struct midge__hpack_text {
    char *ptr;
    size_t fill, cap;
    bool skip; /* text is dropped, and never FULL */
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

/* Composes a header block; of it only the bytes from `begin` to `end` go to buf. So a block is
   written piece by piece, composed anew for each piece, without a buffer or a state. All zero: only
   counts. */
struct midge__hpack_out {
    uint8_t *buf;
    size_t begin, end;
    size_t at; /* bytes composed so far */
};

/* Indices of the static table. */
enum {
    MIDGE__HPACK_AUTHORITY = 1,
    MIDGE__HPACK_METHOD = 2,
    MIDGE__HPACK_PATH = 4,
    MIDGE__HPACK_SCHEME_HTTP = 6, /* with its value */
    MIDGE__HPACK_SCHEME_HTTPS = 7 /* with its value */
};

/* A whole field of the static table. */
void midge__hpack_put_index(struct midge__hpack_out *out, unsigned index);

/* A field whose name is that of a static index; 0: it has none there, and is written in lower case.
   secret: no intermediary may index it (RFC 7541 7.1.3). Strings are not Huffman coded: a request
   would become some 25 bytes shorter for 1.3 KB of flash. */
void midge__hpack_put_field(struct midge__hpack_out *out, unsigned index, bool secret,
                            struct midge_span name, struct midge_span value);

#endif
