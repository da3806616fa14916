/* SPDX-License-Identifier: MIT */
/* Numbers (big-endian), bytes and texts in a flat record: written, or only counted; and read again
   from bytes that may be anything. */
#ifndef MIDGE_BASE_BYTES_H
#define MIDGE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Written: as many of the bytes as fit; counted: all. */
struct midge__put {
    uint8_t *at;
    size_t cap, len;
};
void midge__put_number(struct midge__put *put, uint64_t value, unsigned bytes);
void midge__put_bytes(struct midge__put *put, const void *bytes, size_t n);
/* Its length, its bytes, a NUL. NULL and a text of 65535 bytes or more: as absent. */
void midge__put_text(struct midge__put *put, const char *text);
/* Where the next bytes go, and how many may follow; 0: there is no room. */
static inline uint8_t *midge__put_room(const struct midge__put *put, size_t *room)
{
    *room = put->len < put->cap ? put->cap - put->len : 0;
    return *room > 0 ? put->at + put->len : NULL;
}

/* Once a read went beyond the end, bad stays true and all that is read is 0. */
struct midge__take {
    const uint8_t *at;
    size_t left;
    bool bad;
};
uint64_t midge__take_number(struct midge__take *take, unsigned bytes);
/* Points into the record; NULL: bad. */
const uint8_t *midge__take_bytes(struct midge__take *take, size_t n);
/* A text in place, which has no NUL inside; NULL: absent, or bad. */
const char *midge__take_text(struct midge__take *take);

/* Zeroes secrets; the compiler keeps it. */
void midge__wipe(void *p, size_t n);

#endif
