/* SPDX-License-Identifier: MIT */
/* Reads DER and the extensions of a certificate. Pure functions over bytes from the peer. */
#ifndef MIDGE_IO_DER_H
#define MIDGE_IO_DER_H

#include <stdbool.h>
#include <stddef.h>

/* Unread bytes; empty where at == end, never NULL. Nothing is written through at: it lacks const
   because mbedTLS's readers take it so. */
struct midge__der {
    unsigned char *at;
    const unsigned char *end;
};

/* A view of len bytes; at may be NULL when len is 0. */
struct midge__der midge__der(unsigned char *at, size_t len);

static inline size_t midge__der_len(struct midge__der d)
{
    return (size_t)(d.end - d.at);
}

/* Takes one value from the front: returns its tag, and its content in *value. Negative: no bytes
   are left, the value is malformed, or its tag has more than one byte. */
int midge__der_next(struct midge__der *in, struct midge__der *value);

/* Takes the only value in `in`, of this tag; false: there is another tag, or more. */
bool midge__der_only(struct midge__der *in, int tag, struct midge__der *value);

/* An extension of a certificate; value is empty where it is absent. */
struct midge__extension {
    struct midge__der value;
    bool critical;
};

/* Finds the extension 2.5.29.ID among Extensions (with their SEQUENCE; may be empty). Returns false
   if there is more than one, if it is empty, or if the list is malformed. */
bool midge__extension_find(struct midge__der extensions, unsigned char id,
                           struct midge__extension *found);

#endif
