/* SPDX-License-Identifier: MIT */
/* A second reader of HTTP responses, for fuzz_framing.c. */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include "fuzz.h"

/* How far one response was read. */
struct reading {
    bool complete, error;
    bool keep_alive;   /* after a complete one */
    bool chunked;      /* only said of midge */
    bool interim_body; /* a 1xx was given a body */
    bool until_close;  /* the body ends with the stream; complete at its end */
    unsigned status, minor;
    size_t used;   /* bytes, of a complete one */
    size_t body;   /* bytes of the body so far */
    uint32_t hash; /* of them */
    const char *why;
};

static inline uint32_t reading_hash(uint32_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * 16777619U;
    }
    return hash;
}

/* Reads one response to a GET (or HEAD), interim ones before it too. False: there is no oracle in
   this build. */
bool oracle_read(struct reading *reading, struct fuzz_in in, bool for_head);

#endif
