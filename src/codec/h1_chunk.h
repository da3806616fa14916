/* SPDX-License-Identifier: MIT */
/* The framing of a chunked body: size lines, extensions, the CRLF after each chunk. */
#ifndef MIDGE__H1_CHUNK_H
#define MIDGE__H1_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of one chunk's extensions. */
#ifndef MIDGE__H1_MAX_CHUNK_EXT
#define MIDGE__H1_MAX_CHUNK_EXT 4096
#endif
/* SP and HTAB between a chunk's size and what follows it. */
#define MIDGE__H1_MAX_CHUNK_SPACE 16

enum midge__h1_chunk_state {
    MIDGE__H1_CHUNK_SIZE,
    MIDGE__H1_CHUNK_SPACE,
    MIDGE__H1_CHUNK_EXT_NAME,
    MIDGE__H1_CHUNK_EXT,
    MIDGE__H1_CHUNK_QUOTED,
    MIDGE__H1_CHUNK_ESCAPED,
    MIDGE__H1_CHUNK_LF,
    MIDGE__H1_CHUNK_DATA, /* `left` bytes of data come next */
    MIDGE__H1_CHUNK_DATA_CR,
    MIDGE__H1_CHUNK_DATA_LF,
    MIDGE__H1_CHUNK_LAST /* the last chunk's line is read: trailers come next */
};

/* All zero to begin with. */
struct midge__h1_chunk {
    uint64_t left;  /* the chunk's size; the caller counts it down over the data */
    uint16_t ext;   /* bytes of this chunk's extensions so far; before them, of white space */
    uint8_t digits; /* number of digits of the size so far */
    uint8_t state;  /* enum midge__h1_chunk_state */
    bool spaced;    /* white space stood after the size of some chunk */
};

/* Takes the bytes from *at up to DATA, LAST or `end`, and moves *at. NULL, or a static text that
   names the error; then *at is its place. */
const char *midge__h1_chunk(struct midge__h1_chunk *c, const uint8_t **at, const uint8_t *end);

#endif
